import { isDeepStrictEqual } from "node:util";
import { TypedDataEncoder, type TypedDataField } from "ethers/hash";
import { type Address, type Digest, fail, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import type { ChainCode, CommunityRelay, Motion, MotionWish, PaymentWish, Vote } from "../../src/ports/index.ts";
import { shield } from "./chain.ts";
import { type CommunityOptions, CommunityReader, communityOf } from "./community.ts";
import { ticksOf } from "./owner.ts";
import { connect } from "./rpc.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { COMMUNITY, callData } from "./vault.ts";

export type CommunityRelayOptions = CommunityOptions & SenderOptions;

/** What homes of the street decide, for whoever pays fees. Every method may be called again after any failure. */
export function openCommunityRelay(options: CommunityRelayOptions): CommunityRelay {
  const reader = new CommunityReader(connect(options), options);
  const relay = new EvmCommunityRelay(reader, new Sender(reader.rpc, options), options.community);
  return {
    ...communityOf(reader),
    move: (wish) => shield(() => relay.move(wish)),
    movePayment: (wish) => shield(() => relay.movePayment(wish)),
    vote: (vote) => shield(() => relay.vote(vote)),
    execute: (motion) => shield(() => relay.execute(motion)),
  };
}

type Step<T> = Promise<Result<T, ChainCode>>;
type Signed<T> = T & { readonly signature: Uint8Array };
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

  move({ home, rules, nonce, signature }: Signed<MotionWish>): Step<number> {
    return this.bring({ home, wants: { rules }, nonce }, () => this.order("moveRulesFor", home, rules, toHex(signature)));
  }

  movePayment({ home, payment, nonce, signature }: Signed<PaymentWish>): Step<number> {
    const { to, micro } = payment;
    return this.bring({ home, wants: { payment }, nonce }, () => this.order("movePaymentFor", home, to, ticksOf(micro), toHex(signature)));
  }

  private async bring(wish: Wish, send: () => Step<void>): Step<number> {
    const brought = await this.reader.nonceOf(wish.home);
    if (!brought.ok) return brought;
    const sent = brought.value <= wish.nonce ? await send() : ok(undefined);
    return sent.ok ? this.find(wish) : sent;
  }

  async vote({ motion, home, yes, signature }: Signed<Vote>): Step<void> {
    const voted = await this.reader.read("hasVoted", motion, home);
    if (!voted.ok || voted.value[0]) return voted.ok ? ok(undefined) : voted;
    return this.order("voteFor", motion, home, yes, toHex(signature));
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
    const sent = await this.sender.send(this.community, callData({ to: this.community, contract: COMMUNITY, method, args }));
    return sent.ok ? ok(undefined) : sent;
  }
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
