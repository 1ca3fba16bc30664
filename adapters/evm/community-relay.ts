import { isDeepStrictEqual } from "node:util";
import { TypedDataEncoder, type TypedDataField } from "ethers/hash";
import { type Address, type Digest, fail, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import type { ChainCode, CommunityErrand, CommunityRelay, Motion, MotionWish, PaymentWish, Vote } from "../../src/ports/index.ts";
import { shield } from "./chain.ts";
import { type CommunityOptions, CommunityReader, communityOf } from "./community.ts";
import { ticksOf } from "./owner.ts";
import { connect } from "./rpc.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { COMMUNITY, callData } from "./vault.ts";
import { weighCall } from "./weigh.ts";

export type CommunityRelayOptions = CommunityOptions & SenderOptions;

/** What homes of the street decide, for whoever pays fees. Every method may be called again after any failure. */
export function openCommunityRelay(options: CommunityRelayOptions): CommunityRelay {
  const reader = new CommunityReader(connect(options), options);
  const relay = new EvmCommunityRelay(reader, new Sender(reader.rpc, options), options.community);
  return {
    ...communityOf(reader),
    weigh: (errand) => shield(() => relay.weigh(errand)),
    carry: (errand) => shield(() => relay.carry(errand)),
    execute: (motion) => shield(() => relay.execute(motion)),
  };
}

type Step<T> = Promise<Result<T, ChainCode>>;
type Bringing = Exclude<CommunityErrand, { kind: "vote" }>;
type Ballot = Extract<CommunityErrand, { kind: "vote" }>;
/** What a home brings to a vote, as its `nonce`-th motion. */
type Wish = Pick<Motion, "home" | "wants"> & Pick<MotionWish, "nonce">;

class EvmCommunityRelay {
  private readonly reader: CommunityReader;
  private readonly sender: Sender;
  private readonly community: Address;

  constructor(reader: CommunityReader, sender: Sender, community: Address) {
    this.reader = reader;
    this.sender = sender;
    this.community = community;
  }

  async weigh(errand: CommunityErrand): Step<number> {
    // Of the community itself first, so that a foreign contract isn't asked for gas.
    const known = await this.reader.nonceOf(errand.home);
    if (!known.ok) return known;
    return weighCall(this.reader.rpc, { from: this.sender.address, to: this.community, data: this.dataOf(...orderOf(errand)) });
  }

  carry(errand: CommunityErrand): Step<number> {
    return errand.kind === "vote" ? this.vote(errand) : this.bring(errand);
  }

  private async bring(errand: Bringing): Step<number> {
    const { home, nonce } = errand;
    const wants = errand.kind === "motion" ? { rules: errand.rules } : { payment: errand.payment };
    const brought = await this.reader.nonceOf(home);
    if (!brought.ok) return brought;
    const sent = brought.value <= nonce ? await this.order(...orderOf(errand)) : ok(undefined);
    return sent.ok ? this.find({ home, wants, nonce }) : sent;
  }

  private async vote(ballot: Ballot): Step<number> {
    const { motion, home } = ballot;
    const voted = await this.reader.read("hasVoted", motion, home);
    if (!voted.ok || voted.value[0]) return voted.ok ? ok(motion) : voted;
    const sent = await this.order(...orderOf(ballot));
    return sent.ok ? ok(motion) : sent;
  }

  async execute(motion: number): Step<void> {
    const each = await this.reader.read("motionOf", motion);
    if (!each.ok || each.value[0].isExecuted) return each.ok ? ok(undefined) : each;
    return this.order("execute", motion);
  }

  /** The home's motion with this nonce. */
  private async find({ home, wants, nonce }: Wish): Step<number> {
    const motions = await this.reader.motions();
    if (!motions.ok) return motions;
    const found = motions.value.motions.filter((each) => each.home === home)[nonce];
    return found !== undefined && isDeepStrictEqual(found.wants, wants)
      ? ok(found.motion)
      : fail("CHAIN_REFUSED", `home ${home} has brought ${nonce + 1} motions already, and this is not the last of them`);
  }

  private async order(method: string, ...args: readonly unknown[]): Step<void> {
    const sent = await this.sender.send(this.community, this.dataOf(method, ...args));
    return sent.ok ? ok(undefined) : sent;
  }

  private dataOf(method: string, ...args: readonly unknown[]): string {
    return callData({ to: this.community, contract: COMMUNITY, method, args });
  }
}

function orderOf(errand: CommunityErrand): readonly [method: string, ...args: readonly unknown[]] {
  const { home } = errand;
  const signature = toHex(errand.signature);
  if (errand.kind === "motion") return ["moveRulesFor", home, errand.rules, signature];
  if (errand.kind === "vote") return ["voteFor", errand.motion, home, errand.yes, signature];
  return ["movePaymentFor", home, errand.payment.to, ticksOf(errand.payment.micro), signature];
}

/** What an owner signs, so that anyone may carry it to the community and nobody may change it. */
export interface CommunityDigests {
  motion(wish: MotionWish): Digest;
  payment(wish: PaymentWish): Digest;
  vote(vote: Vote): Digest;
}

const MOTION = {
  Motion: [
    { name: "home", type: "uint32" },
    { name: "hash", type: "bytes32" },
    { name: "since", type: "uint48" },
    { name: "communityPercent", type: "uint16" },
    { name: "kPermille", type: "uint16" },
    { name: "withheldCharge", type: "uint64" },
    { name: "maxPrice", type: "uint64" },
    { name: "nonce", type: "uint256" },
  ],
};
const PAYMENT = {
  Payment: [
    { name: "home", type: "uint32" },
    { name: "to", type: "address" },
    { name: "ticks", type: "uint64" },
    { name: "nonce", type: "uint256" },
  ],
};
const VOTE = {
  Vote: [
    { name: "motion", type: "uint256" },
    { name: "home", type: "uint32" },
    { name: "yes", type: "bool" },
  ],
};

export function communityDigests({ chainId, community }: Pick<CommunityOptions, "chainId" | "community">): CommunityDigests {
  const domain = { name: "Community", version: "1", chainId, verifyingContract: community };
  const digest = (types: Record<string, TypedDataField[]>, fields: Readonly<Record<string, unknown>>): Digest =>
    TypedDataEncoder.hash(domain, types, fields) as Digest;
  return {
    motion: ({ home, rules: { hash, since, numbers }, nonce }) => digest(MOTION, { home, hash, since, ...numbers, nonce }),
    payment: ({ home, payment: { to, micro }, nonce }) => digest(PAYMENT, { home, to, ticks: ticksOf(micro), nonce }),
    vote: ({ motion, home, yes }) => digest(VOTE, { motion, home, yes }),
  };
}
