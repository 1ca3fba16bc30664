import { address, compare, concat, type Digest, fromHex, type HomeId, keccakDigest, toHex } from "../kernel/index.ts";
import { Body, open } from "./body.ts";
import { Writer } from "./protobuf.ts";
import { encodeStakes } from "./stakes.ts";
import { type Members, type Stakes, VALIDATOR_CLASS, type Validator, type ValidatorClass } from "./types.ts";

export const MAX_MEMBERS = 4_096;

const CLASSES = Object.keys(VALIDATOR_CLASS) as ValidatorClass[];

/** keccak-256 of the one encoding; with stakes the `stakedDigest` of what the set is without them. */
export const membersDigest = (members: Members): Digest => stakedDigest(unstakedDigest(members), members.stakes);

/** Of the same set without stakes: what the registry alone says. */
export const unstakedDigest = (members: Members): Digest => keccakDigest(encodeMembers({ ...members, stakes: null }));

/** keccak-256(unstaked digest | stakes): who knows no more of a set than its digest can still name it with stakes. */
export const stakedDigest = (unstaked: Digest, stakes: Stakes | null): Digest =>
  stakes === null ? unstaked : keccakDigest(concat([fromHex(unstaked), encodeStakes(stakes)]));

export function encodeMembers({ version, homes, validators, minimums, stakes }: Members): Uint8Array {
  const writer = new Writer();
  for (const { home, agent } of homes) writer.item(1, new Writer().uint(1, home).hexes(2, [agent], 20).finish());
  for (const each of validators) writer.item(2, new Writer().uint(1, each.home).uint(2, VALIDATOR_CLASS[each.class]).finish());
  return writer
    .uint(3, minimums.home)
    .uint(4, minimums.operator)
    .uint(5, minimums.utility)
    .uint(6, version)
    .bytes(8, encodeStakes(stakes ?? []))
    .finish();
}

export const decodeMembers = (bytes: Uint8Array): Members | null => open(bytes, membersIn);

/** Homes and validators in rising order, each once. A validator that is no home has left: it counts, and can't sign. */
export function membersIn(body: Body): Members {
  const homes = body.all(1).map((bytes) => {
    const entry = Body.of(bytes);
    return { home: entry.home(1), agent: address(toHex(entry.sized(2, 20))) };
  });
  const validators = body.all(2).map((bytes): Validator => {
    const entry = Body.of(bytes);
    return { home: entry.home(1), class: entry.one(CLASSES[entry.uint(2)]) };
  });
  const stakes = body.stakes(8);
  const isSound = homes.length <= MAX_MEMBERS && rises(homes) && rises(validators) && validators.length > 0;
  return body.one(
    isSound
      ? {
          version: body.uint32(6),
          homes,
          validators,
          minimums: { home: body.uint32(3), operator: body.uint32(4), utility: body.uint32(5) },
          stakes: stakes.length === 0 ? null : stakes,
        }
      : undefined,
  );
}

const rises = (entries: readonly { readonly home: HomeId }[]): boolean =>
  entries.every(({ home }, i) => i === 0 || compare(entries[i - 1]!.home, home) < 0);
