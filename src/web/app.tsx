import { useInterval, useNow, useStreet } from "./hooks.ts";
import { isQuiet, streetNow } from "./lib/street-time.ts";
import { Certificates } from "./parts/certificates.tsx";
import { Community } from "./parts/community.tsx";
import { Facts } from "./parts/facts.tsx";
import { Header, Notice } from "./parts/header.tsx";
import { History } from "./parts/history.tsx";
import { Homes } from "./parts/homes.tsx";
import { OrderCurves } from "./parts/order-curves.tsx";
import { Proof } from "./parts/proof.tsx";
import { Street } from "./parts/street.tsx";
import { Watch } from "./parts/watch.tsx";
import { texts } from "./texts/index.ts";

/** The page: one street, from the sentence that says it all down to the proof. */
export function App() {
  const { heard, link, lostAt, retry } = useStreet();
  const live = link.kind === "live";
  const machineNow = useNow(live, 5000);
  const { looked, look, back } = useInterval();
  if (heard === null) {
    return (
      <main class="waiting">
        <p role="status">{link.kind === "reconnecting" ? texts.lostNever : texts.waiting}</p>
      </main>
    );
  }
  const { state, heardAt } = heard;
  const { street } = state;
  const anchor = { at: Date.parse(street.now), heardAt, speed: street.speed };
  const quiet = live && isQuiet(anchor, Date.parse(street.nextInterval.gate), street.intervalMinutes, machineNow);
  return (
    <div class={live && !quiet ? "page" : "page stale"}>
      <a class="skip" href="#street">
        {texts.skip}
      </a>
      <Header street={street} link={link} />
      <main>
        <Notice link={link} quiet={quiet} at={live ? anchor.at : streetNow(anchor, lostAt)} zone={street.timeZone} retry={retry} />
        <h1>{state.sentence}</h1>
        <Facts state={state} anchor={anchor} stoppedAt={live ? null : lostAt} />
        <Street state={state} />
        <div class="pair">
          <OrderCurves state={state} looked={looked} back={back} />
          <History state={state} look={look} />
        </div>
        <Watch state={state} />
        <Community state={state} />
        <Homes state={state} />
        <Certificates state={state} />
        <Proof state={state} />
      </main>
      <footer>
        <p>{texts.footer(street.timeZone)}</p>
        <p>
          <a href="/openapi.json">{texts.api}</a>
        </p>
      </footer>
    </div>
  );
}
