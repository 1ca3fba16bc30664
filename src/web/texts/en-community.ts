/** What homes decide. */
export const COMMUNITY = {
  title: "What homes decide",
  sub: "One home, one vote. A change needs more than half of all homes.",
  otherTime: "Votes run by your watch, not by the street's clock.",
  numbers: {
    communityPercent: "Part for the street's own fund, of what buyers pay beyond what sellers get",
    kPermille: "Where the price lies between the seller's limit (0 %) and the buyer's (100 %)",
    withheldCharge: "Charge for a sealed order that is never shown",
    maxPrice: "Highest price that an order may name",
  },
  wants: (name: string, from: string) => `${name} wants other rules from ${from} on.`,
  pays: (name: string, amount: string, to: string, isElsewhere: boolean) =>
    isElsewhere
      ? `${name} wants what the street's own fund has waiting to be paid to ${to} instead.`
      : `${name} wants ${amount} of the street's own fund paid to ${to}.`,
  change: (what: string, from: string, to: string) => `${what}: ${to} instead of ${from}`,
  otherwise: "None of the numbers below changes. What does, the file of the rules says; its fingerprint stands under Proof.",
  votes: (yes: number, no: number, members: number, needed: number) =>
    `${yes} for it and ${no} against it, of ${members === 1 ? "one home" : `${members} homes`}; it takes ${needed} for it.`,
  voting: (since: string, until: string) => `That is so far: homes have voted since ${since} and may until ${until}.`,
  carried: (from: string) => `It is carried, and may be put into force from ${from} on: time to leave for who doesn't like it.`,
  executable: (until: string) => `It is carried. Anyone may put it into force until ${until}; after that it is gone.`,
  coming: (from: string) => `Decided, from ${from} on:`,
  inForce: (since: string) => `Rules in force since ${since}`,
} as const;
