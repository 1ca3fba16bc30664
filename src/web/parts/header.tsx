import type { StreetFacts } from "../../api/state.ts";
import type { Link } from "../lib/connection.ts";
import { timeOf } from "../lib/format.ts";
import { texts } from "../texts/index.ts";

/** Whose street it is, what its numbers are worth, and whether they are fresh. */
export function Header({ street, link }: { street: StreetFacts; link: Link }) {
  const words = { live: texts.live, connecting: texts.connecting, reconnecting: texts.reconnecting };
  return (
    <header>
      <Mark />
      <p class="street-name">
        <span class="brand">{texts.title}</span>
        <strong>{street.name}</strong>
      </p>
      <p class={street.synthetic ? "badge synthetic" : "badge measured"}>
        <strong>{street.synthetic ? texts.synthetic : texts.measured}</strong>
        <span>{street.synthetic ? texts.syntheticWhy(street.readings) : texts.measuredWhy(street.readings)}</span>
      </p>
      <p class={`link ${link.kind}`} role="status" data-link={link.kind}>
        <span class="dot" aria-hidden="true" />
        {words[link.kind]}
      </p>
    </header>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="9" />
      <circle class="mark-sun" cx="22.5" cy="9.5" r="4" />
      <path class="mark-house" d="M5 18 14 9.5l9 8.5v8.5H5z" />
      <path class="mark-bolt" d="m14.8 16-4 6h3l-1 4 4.4-6h-3z" />
    </svg>
  );
}

/** What is wrong with what you see; nothing when it is fresh. */
export function Notice(props: { link: Link; quiet: boolean; at: number; zone: string; retry: () => void }) {
  if (props.link.kind === "live") {
    return props.quiet ? (
      <p class="notice" role="status">
        {texts.quiet(timeOf(props.at, props.zone, true))}
      </p>
    ) : null;
  }
  return (
    <p class="notice" role="status">
      {texts.lost(timeOf(props.at, props.zone, true))}
      <button type="button" onClick={props.retry}>
        {texts.tryAgain}
      </button>
    </p>
  );
}
