import type { BatchView, StreetState } from "../../api/state.ts";
import type { CommunityView } from "../../api/state-community.ts";
import { dayOf, span, timeOf, whenOf } from "../lib/format.ts";
import { texts } from "../texts/index.ts";

/** For those who check: the chain and the fingerprints. Closed by default; nobody needs it to trade. */
export function Proof({ state: { batches, certificates, community, street } }: { state: StreetState }) {
  const words = texts.proof;
  return (
    <details class="card proof" id="proof">
      <summary>
        <h2>{words.title}</h2>
        <span class="sub">{words.sub}</span>
      </summary>
      <h3>{words.batches}</h3>
      {batches.length === 0 ? <p class="soft">{words.none}</p> : <Batches batches={batches} zone={street.timeZone} />}
      {certificates.length === 0 ? null : (
        <>
          <h3>{words.fingerprints}</h3>
          <ul class="fingerprints">
            {certificates.map(({ interval, value }) => (
              <li key={interval}>
                <span>{span(interval, street.intervalMinutes, street.timeZone).join("–")}</span>
                <code>{value}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {community === null ? null : <Rules community={community} zone={street.timeZone} />}
    </details>
  );
}

function Rules({ community: { inForce, coming, motions }, zone }: { community: CommunityView; zone: string }) {
  const words = texts.proof;
  const told = [
    { hash: inForce.hash, what: words.inForce(whenOf(inForce.since, zone)) },
    ...coming.map(({ hash, since }) => ({ hash, what: words.coming(whenOf(since, zone)) })),
    ...motions.flatMap(({ name, rules }) =>
      rules === null ? [] : [{ hash: rules.hash, what: words.motion(name, whenOf(rules.since, zone)) }],
    ),
  ];
  return (
    <>
      <h3>{words.rules}</h3>
      <ul class="fingerprints" id="rules">
        {told.map(({ hash, what }) => (
          <li key={`${hash} ${what}`}>
            <span>{what}</span>
            <code>{hash}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

function Batches({ batches, zone }: { batches: readonly BatchView[]; zone: string }) {
  const words = texts.proof;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard
    <section class="scroll" aria-label={words.batches} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              {words.period}
            </th>
            <th scope="col">{words.span}</th>
            <th scope="col">{words.status}</th>
            <th scope="col">{words.signatures}</th>
            <th scope="col">{words.transaction}</th>
            <th scope="col" class="number">
              {words.block}
            </th>
            <th scope="col" class="number">
              {words.gas}
            </th>
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <Batch key={batch.period} batch={batch} zone={zone} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Batch({ batch, zone }: { batch: BatchView; zone: string }) {
  const words = texts.proof;
  const at = (instant: string) => `${dayOf(instant, zone)} ${timeOf(instant, zone)}`;
  return (
    <tr>
      <td class="number">{batch.period}</td>
      <td>
        {at(batch.from)} – {at(batch.until)}
      </td>
      <td>
        <span class={batch.status === "on-chain" ? "tag fine" : "tag"}>{words.statuses[batch.status]}</span>
      </td>
      <td>{words.of(batch.signatures, batch.quorum)}</td>
      <td>
        {batch.transaction === null ? (
          "–"
        ) : (
          <code title={batch.transaction}>{`${batch.transaction.slice(0, 10)}…${batch.transaction.slice(-6)}`}</code>
        )}
      </td>
      <td class="number">{batch.block ?? "–"}</td>
      <td class="number">{batch.gas?.toLocaleString("en") ?? "–"}</td>
    </tr>
  );
}
