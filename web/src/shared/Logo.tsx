/** A crescent over the line of a desk: Nightdesk's mark. */
export function Logo({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M20.5 4.2a9.6 9.6 0 1 0 7 15.1A8 8 0 0 1 20.5 4.2Z" fill="var(--nd-accent)" />
      <path d="M3 27.5h26" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" />
      <path d="M6.5 27v-4.5M11 27v-2.5" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />
    </svg>
  );
}
