/** How far each condition of a watched rule set is from being true, as it moves. */
import { Age, Amount, Instant, Value } from "@/core/Figures";
import type { Definition, Distance, RuleSetState } from "@/core/rules_contracts";
import { conditionAt, conditionWords, decisionWords, distanceWords, nearness } from "@/features/rules/words";
import styles from "./rules.module.css";

const isTrail = ({ what }: Distance) => what === "arms" || what === "fires";

function Figures({ distance }: { readonly distance: Distance }) {
  if (distance.at) return <Instant at={distance.at} />;
  if (isTrail(distance)) {
    return (
      <>
        <Value value={distance.value} unit /> now, {distance.what === "arms" ? "arms at" : "sells at"} <Value value={distance.threshold} unit />
      </>
    );
  }
  return (
    <>
      <Amount value={distance.value} places={4} /> now, true at <Amount value={distance.threshold} places={4} />
    </>
  );
}

function Row({ distance, definition }: { readonly distance: Distance; readonly definition: Definition }) {
  const condition = conditionAt(definition, distance.number);
  return (
    <li data-testid="distance" data-what={distance.what}>
      <span>{condition ? conditionWords(condition) : distance.rule}</span>
      <span className={styles["near"]} aria-hidden="true">
        <i style={{ width: `${nearness(distance) * 100}%` }} />
      </span>
      <span className={styles["figures"]}>
        <strong>{distanceWords(distance)}</strong> <Figures distance={distance} />
      </span>
    </li>
  );
}

function Trails({ state }: { readonly state: RuleSetState }) {
  return state.trails.map((trail) => (
    <dl key={`${trail.rule} ${trail.started_at}`} className={styles["trail"]} data-testid="trail">
      <dt>Best</dt>
      <dd>
        <Value value={trail.best} unit /> <Age at={trail.best_at} />
      </dd>
      <dt>Sells at</dt>
      <dd data-testid="sell-at">
        <Value value={trail.sell_at} unit />
      </dd>
      <dt>Armed</dt>
      <dd>{trail.armed_at ? <Age at={trail.armed_at} /> : <>at {<Value value={trail.arm_at} unit />}</>}</dd>
    </dl>
  ));
}

interface DistancesProps {
  readonly state: RuleSetState;
  readonly definition: Definition;
  readonly isLive: boolean;
}

export function Distances({ state, definition, isLive }: DistancesProps) {
  return (
    <div className={`${styles["distances"]} ${isLive ? "" : "quiet"}`} data-testid="distances">
      {!isLive && <p className={styles["warn"]}>The live connection is gone: these are the last known figures.</p>}
      <ul>
        {state.distances.map((distance) => (
          <Row key={distance.number} distance={distance} definition={definition} />
        ))}
      </ul>
      <Trails state={state} />
      <p className={styles["dim"]}>Now: {decisionWords(state.decision)}</p>
    </div>
  );
}
