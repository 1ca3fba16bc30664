import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { FastifyInstance } from "fastify";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { CHROMIUM, FLAGS } from "../support/browser.ts";
import { EXAMPLES } from "../support/example-street.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const withChromium = existsSync(CHROMIUM) ? describe : describe.skip;

withChromium(`the page in a browser (skipped when ${CHROMIUM} is absent)`, () => {
  const queries = new ExampleQueries(EXAMPLES.midday());
  let app: FastifyInstance;
  let browser: Browser;
  let context: BrowserContext | undefined;
  let port: number;
  const complaints: string[] = [];

  const serve = async (at: number): Promise<void> => {
    app = exampleApi(queries, { staticFolder: here("../../dist/web") });
    await app.listen({ host: "127.0.0.1", port: at });
    port = (app.server.address() as AddressInfo).port;
  };

  beforeAll(async () => {
    execFileSync(process.execPath, [here("../../src/web/build.mjs")]);
    await serve(0);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 60_000);

  afterEach(async () => {
    await context?.close();
    context = undefined;
    complaints.length = 0;
  });

  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  /** A page that writes down whatever it logs, whatever its policy refuses, and whatever it asks of others. */
  async function open(example: keyof typeof EXAMPLES, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
    queries.set(EXAMPLES[example]());
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).host !== `127.0.0.1:${port}`) complaints.push(`asked ${request.url()}`);
    });
    await page.addInitScript("addEventListener('securitypolicyviolation', (event) => console.error('policy', event.violatedDirective))");
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForSelector("h1");
    return page;
  }

  test("shows the sentence, the curves, their crossing and the flows, and complains of nothing", async () => {
    const page = await open("midday");
    const state = EXAMPLES.midday();
    expect(await page.textContent("h1")).toBe(state.sentence);
    expect(await page.getAttribute("[data-crossing]", "data-crossing")).toBe(`${state.clearing?.volumeWh}@${state.clearing?.priceMicro}`);
    expect(await page.getAttribute(".curve.buy", "d")).toMatch(/^M\d.*H/);
    expect(await page.getAttribute(".curve.sell", "d")).toMatch(/^M\d.*H/);
    expect(await page.locator("[data-home]").count()).toBe(12);
    expect(await page.locator("[data-flow='neighbours']").count()).toBe(
      state.settlement?.flows.filter((flow) => flow.boughtWh + flow.soldWh > 0).length,
    );
    expect(await page.textContent(".badge")).toContain("Synthetic readings");
    expect(await page.getAttribute("[data-conservation]", "data-conservation")).toBe("holds");
    expect(await page.locator("[data-home-row]").count()).toBe(12);
    expect(complaints).toEqual([]);
  });

  test("changes by itself when the street does, and its clock ticks in between", async () => {
    const page = await open("midday");
    const before = await page.textContent(".fact-gate .value");
    await page.waitForTimeout(700);
    expect(await page.textContent(".fact-gate .value")).not.toBe(before);
    queries.set(EXAMPLES.night());
    await expectText(page, "h1", EXAMPLES.night().sentence);
    expect(await page.textContent(".fact-price .value")).toBe("No trade");
    expect(await page.locator("[data-kind='no-trade']").count()).toBe(1);
    expect(await page.locator("[data-crossing]").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("says so when the connection is lost, and is live again when the street is back", async () => {
    const page = await open("midday");
    const state = () => page.getAttribute("[data-link]", "data-link");
    expect(await state()).toBe("live");
    await app.close();
    await page.waitForSelector("[data-link='reconnecting']");
    expect(await page.textContent(".notice")).toContain("The connection is lost");
    expect(await page.locator(".page.stale").count()).toBe(1);
    const clock = await page.textContent(".fact-gate .value");
    await page.waitForTimeout(700);
    expect(await page.textContent(".fact-gate .value")).toBe(clock);
    await serve(port);
    await page.waitForSelector("[data-link='live']", { timeout: 15_000 });
    expect(await page.locator(".page.stale").count()).toBe(0);
  });

  test("everything can be reached and read with the keyboard alone", async () => {
    const page = await open("midday");
    const reached: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate<string>(
        "document.activeElement.getAttribute('class') ?? document.activeElement.tagName.toLowerCase()",
      );
      reached.push(name);
      if (name === "street-picture") {
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("ArrowRight");
        await expectText(page, "#street-details", "home-02");
      }
      if (name === "curves") {
        await page.keyboard.press("End");
        await expectText(page, "#curves-details", "wants to sell");
        await page.keyboard.press("Home");
        await expectText(page, "#curves-details", "wants to buy");
      }
      if (name === "history") {
        await page.keyboard.press("End");
        await page.keyboard.press("Enter");
        await page.waitForSelector("text=Back to the latest");
        await page.keyboard.press("Shift+Tab");
        await page.keyboard.press("Tab");
      }
    }
    for (const place of ["skip", "street-picture", "curves", "history", "summary"]) expect(reached).toContain(place);
    await page.locator("#proof summary").focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("#proof").getAttribute("open")).not.toBeNull();
    expect(complaints).toEqual([]);
  });

  const expectText = (page: Page, where: string, text: string): Promise<void> =>
    page.locator(where, { hasText: text }).waitFor({ timeout: 5000 });

  test("pointing at a step tells whose order it is and why it came out so", async () => {
    const page = await open("range");
    expect(await page.locator("[data-range]").count()).toBe(1);
    await page.hover(".curves", { position: { x: 80, y: 250 } });
    await expectText(page, "#curves-details", "home-01 wants to sell 400 Wh at 9.5 ct");
    await expectText(page, "#curves-details", "400 Wh of 400 Wh traded");
  });

  test("an interval that was agreed on too late is told, and isn't taken for one without trade", async () => {
    const page = await open("tooLate");
    expect(await page.textContent(".fact-price .value")).toBe("Agreed too late");
    expect([await page.locator("[data-kind='void']").count(), await page.locator("[data-kind='no-trade']").count()]).toEqual([1, 0]);
    expect(await page.textContent("[data-kind='void']")).toContain("The homes agreed too late to trade in this interval");
    expect(await page.locator(".gap.late").count()).toBe(2);
    expect(await page.locator(".certificates .late").count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("neighbours are told what was wrongly proposed, who signed two things, whose clock is off, who withheld orders, who comes and goes; else nothing", async () => {
    const page = await open("watched");
    const all = await page.locator(".watch li").allTextContents();
    expect(all.slice(0, 2)).toEqual([
      "A wrong settlement of 08:00 to 09:00 is proposed and can still be refused. Nothing that the contract can judge shows why: the guardian can veto it while it is open.",
      "A wrong settlement of 08:00 to 09:00 was proposed and refused. It counts an order twice, or tells a home's trades otherwise than they were.",
    ]);
    const told = all.slice(2);
    expect(told[0]).toMatch(/^home-07 signed two different votes for 08:30 to 08:45\. Noticed at 08:58\. 3 such pairs are kept as proof\./);
    expect(told[1]).toMatch(/^home-12 signed two different orders .* Noticed before this program started\. Both are kept as proof\./);
    expect(told.slice(2)).toEqual([
      "home-03 did not show 2 orders that it had sealed, and is charged for them.",
      "home-08 did not show an order that it had sealed, and is charged for it.",
      "home-04 follows the street but neither trades nor votes: its record of what it has signed was lost or is a copy. It goes on by itself once 2 more homes that vote have shown that they are no further.",
      "home-05 follows the street but neither trades nor votes: its record of what it has signed was lost or is a copy. The street can't decide without it. If its data folder is the newest there is, start it once with --store-is-newest.",
      "This machine's clock is 0.7 s slow, measured against 11 homes.",
      "The clock of home-06 is 2.1 s slow.",
      "The clock of home-10 is 0.5 s fast.",
      expect.stringMatching(/^Joining from the interval 00:00 to 00:15 of Fri.* 19 Jun.*: home-13, Mill 4\.$/),
      expect.stringMatching(/^Leaving from the interval 00:00 to 00:15 of Fri.* 19 Jun.*: home-02\.$/),
      expect.stringMatching(/^With a new key from the interval 00:00 to 00:15 of Fri.* 19 Jun.*: home-09\.$/),
    ]);
    expect(await page.textContent("[data-home-row='3']")).toContain("signs nothing");
    await page.hover("[data-home='3']");
    await expectText(page, "#street-details", "home-04 follows the street but neither trades nor votes");
    expect(await page.textContent(".fact-gate .more")).toContain("sealed until then");
    queries.set(EXAMPLES.midday());
    await page.locator("#watch").waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  test("what homes vote on and have decided stands there in words, with the rules in force; else nothing", async () => {
    const page = await open("voting");
    const told = await page.locator("#community > .watch > li").allTextContents();
    expect(told).toEqual([
      "home-04 wants other rules from 1 Jan 2027, 00:00 on." +
        "Part for the street's own fund, of what buyers pay beyond what sellers get: 30 % instead of 20 %" +
        "Highest price that an order may name: 80.0 ct/kWh instead of 100.0 ct/kWh" +
        "5 for it and 1 against it, of 12 homes; it takes 7 for it. " +
        "That is so far: homes have voted since 25 Nov 2026, 19:30 and may until 2 Dec 2026, 19:30.",
      expect.stringMatching(/^home-02 wants €37\.50 of the street's own fund paid to 0x5a5a(5a)+\.2 for it and 0 against it/),
      expect.stringMatching(/^home-09 wants .*8 for it.*Anyone may put it into force until 23 Dec 2026, 19:30; after that it is gone\.$/),
      expect.stringMatching(
        /^home-07 wants .*on\.None of the numbers below changes.* It is carried, and may be put into force from 16 Dec/,
      ),
      "Decided, from 16 Dec 2026, 00:00 on:Part for the street's own fund, of what buyers pay beyond what sellers get: 20 % instead of 10 %",
    ]);
    expect(await page.textContent("#community h3")).toBe("Rules in force since 2 Mar 2026, 01:00");
    expect(await page.locator("#community dd").allTextContents()).toEqual(["10 %", "50 %", "€0.05", "100.0 ct/kWh"]);
    expect(await page.textContent("#community .sub")).toContain("by your watch, not by the street's clock");
    expect(await page.locator("#rules li").count()).toBe(5);
    queries.set(EXAMPLES.midday());
    await page.locator("#community").waitFor({ state: "detached" });
    expect(await page.locator("#rules code").allTextContents()).toEqual([EXAMPLES.midday().community?.inForce.hash]);
    expect(complaints).toEqual([]);
  });

  test("a home without data is marked, and its reading is unknown, never 0", async () => {
    const page = await open("noData");
    expect(await page.locator(".house.missing").count()).toBe(1);
    expect(await page.textContent("[data-home-row='3']")).toMatch(/no data.*unknown/);
    expect(complaints).toEqual([]);
  });

  test("books that don't balance are shouted about", async () => {
    const page = await open("broken");
    expect(await page.getAttribute("[data-conservation]", "data-conservation")).toBe("fails");
    expect(await page.textContent(".check")).toContain("4.21 kWh");
  });

  test("chain words stay in the proof, which is closed", async () => {
    const page = await open("later");
    expect(await page.locator("#proof").getAttribute("open")).toBeNull();
    // biome-ignore lint/performance/useDomNodeTextContent: what can be seen is meant, and the closed proof can't
    expect(await page.innerText("main")).not.toMatch(/\bgas\b|nonce|wallet|prosumer/i);
    await page.locator("#proof summary").click();
    expect(await page.textContent("#proof")).toMatch(/Gas/);
  });

  test.each([
    [380, "dark"],
    [1280, "light"],
  ] as const)("every example fits a screen %i px wide, %s, and stands still for those who want that", async (width, colorScheme) => {
    const page = await open("midday", { viewport: { width, height: 800 }, colorScheme, reducedMotion: "reduce" });
    for (const [name, example] of Object.entries(EXAMPLES)) {
      // The sentence tells when the page has drawn this example.
      queries.set({ ...example(), sentence: `this is ${name}` });
      await expectText(page, "h1", `this is ${name}`);
      const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
      const moving = await page.evaluate<number>("document.getAnimations().length");
      expect([name, over, moving]).toEqual([name, 0, 0]);
    }
    expect(complaints).toEqual([]);
  });
});
