import { useState } from "preact/hooks";
import type { CertificateView, StreetState } from "../../api/state.ts";
import { span } from "../lib/format.ts";
import { texts } from "../texts/index.ts";
import { Card } from "./card.tsx";

const SHOWN = 6;

/** That the neighbours agreed, how many of them, and how quickly. */
export function Certificates({ state: { certificates, street } }: { state: StreetState }) {
  const [all, setAll] = useState(false);
  const words = texts.certificates;
  const shown = all ? certificates : certificates.slice(0, SHOWN);
  return (
    <Card id="certificates" title={words.title} sub={certificates.length === 0 ? words.none : words.sub}>
      <ul class="certificates">
        {shown.map((each) => (
          <Certificate key={each.interval} certificate={each} when={span(each.interval, street.intervalMinutes, street.timeZone)} />
        ))}
      </ul>
      {certificates.length <= SHOWN ? null : (
        <button type="button" class="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? words.fewer : words.all(certificates.length)}
        </button>
      )}
    </Card>
  );
}

function Certificate({ certificate, when }: { certificate: CertificateView; when: [string, string] }) {
  const { kind, votes, validators, latencyMs, orders } = certificate;
  const words = texts.certificates;
  return (
    <li>
      <strong>
        {when[0]}–{when[1]}
      </strong>
      <svg class="votes" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="votes-all" width="100" height="6" rx="3" />
        <rect class="votes-given" width={validators === 0 ? 0 : (100 * votes) / validators} height="6" rx="3" />
        <rect class="votes-needed" x="66.3" width=".8" height="6" />
      </svg>
      <span>{words.votes(votes, validators)}</span>
      <span class="soft">{latencyMs === null ? words.later : words.latency(Math.round(latencyMs).toLocaleString("en"))}</span>
      {kind === "void" ? <span class="soft late">{words.late}</span> : <span class="soft">{words.orders(orders)}</span>}
    </li>
  );
}
