import { Decimal } from "decimal.js";
import { add, cost, type MicroPerKwh, type Nano, nano, sub, type Wh } from "../../engine/kernel/index.ts";
import { chance } from "../../test/support/chance.ts";
import { atMost, type Contestant, exactly, type Frame, type Row } from "./frame.ts";

/** Money: amounts in nano from Wh x micro per kWh, debited and credited; what exactness costs with and without the kernel's checks. */
export const name = "money";

const TABLE = 4096;
const ACCOUNTS = 1024;
const MASK = TABLE - 1;

/** Fills between accounts, from a seed, used round and round. */
interface Fills {
  readonly energies: Int32Array;
  readonly prices: Int32Array;
  readonly buyers: Int32Array;
  readonly sellers: Int32Array;
}

function someFills(): Fills {
  const next = chance(7);
  const column = (least: number, most: number): Int32Array =>
    Int32Array.from({ length: TABLE }, () => least + Math.floor(next() * (most - least + 1)));
  return { energies: column(1, 5000), prices: column(0, 450_000), buyers: column(0, ACCOUNTS - 1), sellers: column(0, ACCOUNTS - 1) };
}

export async function run(frame: Frame): Promise<readonly Row[]> {
  const fills = someFills();
  return [...conserved(fills, frame.quick ? 10_000_000 : 100_000_000), ...(await prices(fills, frame))];
}

/** Books `count` fills; the accounts must come to 0, and the sellers' receipts to what BigInt says, to the last nano. */
function conserved(fills: Fills, count: number): readonly Row[] {
  const balances = new Float64Array(ACCOUNTS);
  const start = process.cpuUsage();
  bookAll(fills, balances, count);
  const { user, system } = process.cpuUsage(start);
  const error = balances.reduce((sum, each) => sum + BigInt(each), 0n);
  const wrong = balances.reduce((sum, each, account) => sum + Math.abs(Number(BigInt(each) - expectedOf(fills, count, account))), 0);
  const what = `fills of ${count / 1e6} M`;
  const perFill = ((user + system) * 1000) / count;
  return [
    { what: `conservation error over all accounts, ${what}`, value: Number(error), unit: "nano", goal: exactly(0), note: "" },
    { what: "  accounts against BigInt, sum of differences", value: wrong, unit: "nano", goal: exactly(0), note: "" },
    { what: "  a fill: amount, debit and credit", value: perFill, unit: "ns", goal: null, note: "the loop of those fills, once" },
  ];
}

function bookAll({ energies, prices, buyers, sellers }: Fills, balances: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = i & MASK;
    const amount = energies[at]! * prices[at]!;
    balances[buyers[at]!]! -= amount;
    balances[sellers[at]!]! += amount;
  }
}

function expectedOf({ energies, prices, buyers, sellers }: Fills, count: number, account: number): bigint {
  let balance = 0n;
  for (let at = 0; at < TABLE; at++) {
    const sign = BigInt(Number(sellers[at] === account) - Number(buyers[at] === account));
    const times = BigInt(Math.floor(count / TABLE) + (at < count % TABLE ? 1 : 0));
    if (sign !== 0n) balance += sign * times * BigInt(energies[at]!) * BigInt(prices[at]!);
  }
  return balance;
}

/** All add up the same fills and must come to the same sum. */
async function prices(fills: Fills, frame: Frame): Promise<readonly Row[]> {
  const passes = 500;
  const sums = (pass: (fills: Fills) => number, times: number): Contestant => ({
    times: times * TABLE,
    run: () => {
      let last = 0;
      for (let i = 0; i < times; i++) last = pass(fills);
      return last;
    },
  });
  const decimals = decimalsOf(fills);
  const timing = await frame.alternate(
    {
      plain: sums(sumPlain, passes),
      checked: sums(sumChecked, passes),
      settled: sums(settleChecked, passes),
      bigints: sums(sumBigInts, 50),
      decimals: sums(() => sumDecimals(decimals), 2),
    },
    frame.rounds(9),
  );
  const per = (key: keyof typeof timing): number => timing[key].cpuNs;
  const times = (key: keyof typeof timing): string => `${(per(key) / per("plain")).toFixed(1)} x`;
  return [
    { what: "an amount, added up (integer Number, no check)", value: per("plain"), unit: "ns", goal: atMost(2), note: "" },
    {
      what: "  through the kernel's cost and add, checked each time",
      value: per("checked"),
      unit: "ns",
      goal: null,
      note: times("checked"),
    },
    { what: "  with a checked debit and credit too", value: per("settled"), unit: "ns", goal: null, note: times("settled") },
    { what: "  BigInt", value: per("bigints"), unit: "ns", goal: null, note: times("bigints") },
    { what: "  decimal.js, operands ready made", value: per("decimals"), unit: "ns", goal: null, note: times("decimals") },
  ];
}

function sumPlain({ energies, prices }: Fills): number {
  let total = 0;
  for (let at = 0; at < TABLE; at++) total += energies[at]! * prices[at]!;
  return total;
}

function sumChecked({ energies, prices }: Fills): number {
  let total = nano(0);
  for (let at = 0; at < TABLE; at++) total = add(total, cost(energies[at] as Wh, prices[at] as MicroPerKwh));
  return total;
}

const BALANCES = new Float64Array(ACCOUNTS);

function settleChecked({ energies, prices, buyers, sellers }: Fills): number {
  BALANCES.fill(0);
  let total = nano(0);
  for (let at = 0; at < TABLE; at++) {
    const amount = cost(energies[at] as Wh, prices[at] as MicroPerKwh);
    const [buyer, seller] = [buyers[at]!, sellers[at]!];
    BALANCES[buyer] = sub(BALANCES[buyer] as Nano, amount);
    BALANCES[seller] = add(BALANCES[seller] as Nano, amount);
    total = add(total, amount);
  }
  return total;
}

function sumBigInts({ energies, prices }: Fills): number {
  let total = 0n;
  for (let at = 0; at < TABLE; at++) total += BigInt(energies[at]!) * BigInt(prices[at]!);
  return Number(total);
}

interface DecimalFill {
  readonly energy: Decimal;
  readonly price: Decimal;
}

const decimalsOf = ({ energies, prices }: Fills): readonly DecimalFill[] =>
  Array.from(energies, (energy, at) => ({ energy: new Decimal(energy).div(1000), price: new Decimal(prices[at]!).div(1_000_000) }));

/** In currency, kept to nano so that nothing is lost and the sums are equal. */
function sumDecimals(fills: readonly DecimalFill[]): number {
  let total = new Decimal(0);
  for (const { energy, price } of fills) total = total.plus(energy.times(price).toDecimalPlaces(9));
  return total.times(1_000_000_000).toNumber();
}
