/** What is drawn beside the bars, each with a way to take it off. */
import { ActionIcon, Button } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { Problem } from "@/core/problems";
import { type Study, titleOf } from "@/core/studies";
import styles from "./studies.module.css";

interface StudyBarProps {
  readonly studies: readonly Study[];
  readonly problem: Problem | null;
  readonly onRemove: (study: Study) => void;
  readonly onOpen: () => void;
}

export function StudyBar({ studies, problem, onRemove, onOpen }: StudyBarProps) {
  return (
    <div className={styles["bar"]} data-testid="studies">
      <Button size="compact-xs" variant="default" leftSection={<IconPlus size={13} />} onClick={onOpen} data-testid="add-study">
        Indicators
      </Button>
      {studies.map((study) => (
        <span key={`${study.place} ${study.text}`} className={styles["chip"]} title={study.text}>
          <span>{titleOf(study.text)}</span>
          <ActionIcon size="xs" variant="subtle" color="gray" aria-label={`Remove ${titleOf(study.text)}`} onClick={() => onRemove(study)}>
            <IconX size={12} />
          </ActionIcon>
        </span>
      ))}
      {problem && (
        <span role="alert" className={styles["problem"]} data-testid="study-problem">
          {problem.detail} <code>{problem.code}</code>
        </span>
      )}
    </div>
  );
}
