/** AG Grid with only the parts the desk uses, in the desk's own tokens. */
import {
  CellStyleModule,
  ClientSideRowModelModule,
  HighlightChangesModule,
  InfiniteRowModelModule,
  ModuleRegistry,
  RowStyleModule,
  themeQuartz,
} from "ag-grid-community";

ModuleRegistry.registerModules([
  ClientSideRowModelModule,
  InfiniteRowModelModule,
  CellStyleModule,
  RowStyleModule,
  HighlightChangesModule,
]);

export const gridTheme = themeQuartz.withParams({
  fontFamily: "inherit",
  fontSize: 13,
  headerFontSize: 12,
  headerFontWeight: 500,
  rowHeight: 28,
  headerHeight: 30,
  cellHorizontalPadding: 10,
  backgroundColor: "var(--nd-surface)",
  foregroundColor: "var(--nd-text)",
  textColor: "var(--nd-text)",
  headerBackgroundColor: "var(--nd-surface)",
  headerTextColor: "var(--nd-dim)",
  borderColor: "var(--nd-line)",
  rowBorder: { color: "var(--nd-line)" },
  headerColumnResizeHandleColor: "transparent",
  rowHoverColor: "var(--nd-hover)",
  oddRowBackgroundColor: "var(--nd-surface)",
  selectedRowBackgroundColor: "var(--nd-accent-ground)",
  accentColor: "var(--nd-accent)",
  rangeSelectionBorderColor: "var(--nd-accent)",
  valueChangeValueHighlightBackgroundColor: "var(--nd-accent-ground)",
  wrapperBorder: false,
  wrapperBorderRadius: 0,
  iconSize: 12,
  spacing: 4,
});

/** What every table of the desk has in common. */
export const gridDefaults = {
  theme: gridTheme,
  animateRows: false,
  suppressCellFocus: false,
  cellFlashDuration: 150,
  cellFadeDuration: 0,
  suppressDragLeaveHidesColumns: true,
  suppressMovableColumns: true,
  enableCellTextSelection: true,
} as const;
