import { community } from "./community.ts";
import { disputes } from "./disputes.ts";
import type { Mutant } from "./mutant.ts";

const money: readonly Mutant[] = [
  { file: "GridVault.sol", what: "a withdrawal's record stays, so that it is paid again", from: "delete _withdrawals[id];", to: "" },
  {
    file: "GridVault.sol",
    what: "a withdrawal leaves the balance as it was",
    from: "_setTicks(id, balance - ticks);\n        // A relayer",
    to: "// A relayer",
  },
  { file: "GridVault.sol", what: "the relayer's fee is paid on top", from: "ticks -= fee;", to: "" },
  {
    file: "GridVault.sol",
    what: "a signed request can be carried again",
    from: "feeTicks, _nonces[id]++, deadline",
    to: "feeTicks, _nonces[id], deadline",
  },
  {
    file: "GridVault.sol",
    what: "a signed request is good for ever",
    from: "if (block.timestamp > deadline) revert Expired(deadline);\n        _requireSigned(_accountOwner(id)",
    to: "_requireSigned(_accountOwner(id)",
  },
  {
    file: "GridVault.sol",
    what: "a signed withdrawal at once is good for ever",
    from: "if (block.timestamp > deadline) revert Expired(deadline);\n        Progress",
    to: "Progress",
  },
  {
    file: "GridVault.sol",
    what: "what was asked for can be withdrawn at once, too",
    from: "uint256 free = requested < balance ? balance - requested : 0;",
    to: "uint256 free = balance + 0 * requested;",
  },
  {
    file: "GridVault.sol",
    what: "nobody needs to sign a withdrawal at once but the validators",
    from: "if (msg.sender != owner) _requireSigned(owner, structHash, signature);",
    to: "signature;",
  },
  {
    file: "GridVault.sol",
    what: "a pause stops the escape as well",
    from: "        }\n\n        uint256 balance = _collect(id);\n        uint256 ticks =",
    to: "        }\n        _requireUnpaused(_progress());\n\n        uint256 balance = _collect(id);\n        uint256 ticks =",
  },
  { file: "Escrow.sol", what: "a permit pays for somebody else's home", from: "if (from != _ownerOf(id)) revert NotOwner();", to: "" },
  { file: "Escrow.sol", what: "a currency may keep a part", from: "if (got != amount) revert TransferMismatch(amount, got);", to: "" },
  {
    file: "Escrow.sol",
    what: "a wide account may fall below zero",
    from: "if (balance < 0) revert WideUnderflow(id, uint256(-balance));",
    to: "",
  },
];

const debts: readonly Mutant[] = [
  { file: "Escrow.sol", what: "a home may fall below zero", from: "while (bad < words) {", to: "while (bad > words) {" },
  {
    file: "Escrow.sol",
    what: "one word alone is set right",
    from: "bad = Lanes.nextBad(first, bad + 1, words);",
    to: "bad = words;",
  },
  { file: "Escrow.sol", what: "what a home lacked is forgotten", from: "_debts[id] += uint64(lacking);", to: "" },
  {
    file: "Escrow.sol",
    what: "a second debt takes the first one's place",
    from: "_debts[id] += uint64(lacking);",
    to: "_debts[id] = uint64(lacking);",
  },
  { file: "Escrow.sol", what: "nobody bears what homes lack", from: "shortfall += lacking;", to: "" },
  {
    file: "Escrow.sol",
    what: "who isn't named in a batch bears nothing",
    from: "if (shortfall != 0) _changeWide(Deltas.SUPPLIER, -int256(shortfall));",
    to: "",
  },
  {
    file: "Escrow.sol",
    what: "the supplier bears it twice",
    from: "(delta, shortfall) = (delta - int256(shortfall), 0);",
    to: "delta -= int256(shortfall);",
  },
  {
    file: "Escrow.sol",
    what: "a home may rise above the most",
    from: "if (balance > int256(MAX_TICKS)) revert LaneOverflow(slot);",
    to: "",
  },
  {
    file: "Escrow.sol",
    what: "what is paid back stays with the home",
    from: "        balance -= paid;\n        _setTicks",
    to: "        _setTicks",
  },
  { file: "Escrow.sol", what: "a debt is collected again and again", from: "_debts[id] = uint64(debt - paid);", to: "" },
  {
    file: "Escrow.sol",
    what: "what is paid back is nobody's",
    from: "_changeWide(Deltas.SUPPLIER, int256(paid));",
    to: "",
  },
  {
    file: "Escrow.sol",
    what: "a deposit pays no debt",
    from: "emit Deposited(id, from, ticks);\n        _collect(id);",
    to: "emit Deposited(id, from, ticks);",
  },
  {
    file: "Escrow.sol",
    what: "a pause doesn't stop a repayment",
    from: "_requireUnpaused(_progress());\n        _collect(id);",
    to: "_collect(id);",
  },
  {
    file: "GridVault.sol",
    what: "what a home owes is paid out",
    from: "uint256 balance = _collect(id);\n        uint256 ticks =",
    to: "uint256 balance = _ticksOf(id);\n        uint256 ticks =",
  },
  {
    file: "GridVault.sol",
    what: "what a home owes is paid out at once",
    from: "uint256 balance = _collect(id);\n        uint256 requested",
    to: "uint256 balance = _ticksOf(id);\n        uint256 requested",
  },
  {
    file: "GridVault.sol",
    what: "what a home owes can be asked for",
    from: "uint256 balance = _collect(id);\n        if (balance >",
    to: "uint256 balance = _ticksOf(id);\n        if (balance >",
  },
  {
    file: "Periods.sol",
    what: "the supplier leaves before it bears what homes lack",
    from: "uint8(falling | (1 << Deltas.SUPPLIER))",
    to: "uint8(falling)",
  },
  {
    file: "Lanes.sol",
    what: "a word is told back without its half ticks",
    from: "value := xor(xor(and(shr(1, changes), VALUES), mul(and(changes, ONES), 0xffffffff)), GUARD)",
    to: "value := xor(and(shr(1, changes), VALUES), GUARD)",
  },
  {
    file: "Lanes.sol",
    what: "a change is read without its sign",
    from: "int256(zigzag >> 1) ^ -int256(zigzag & 1)",
    to: "int256(zigzag >> 1)",
  },
];

const periods: readonly Mutant[] = [
  {
    file: "Periods.sol",
    what: "nobody waits for the challenge window",
    from: "if (block.timestamp < until) revert WindowOpen(uint64(until));",
    to: "",
  },
  { file: "Periods.sol", what: "a period may make money", from: "if (sum != 0) revert NotConserved(sum);", to: "" },
  {
    file: "Periods.sol",
    what: "a period may leave intervals out",
    from: "bool follows = progress.nextInterval == 0 || p.fromInterval == progress.nextInterval;",
    to: "bool follows = true;",
  },
  {
    file: "Periods.sol",
    what: "a proposal that expires stays the link",
    from: "_setProgress(progress);\n        _link = p.prevPeriod;",
    to: "_setProgress(progress);",
  },
  {
    file: "Periods.sol",
    what: "what was refused is taken again",
    from: "if (progress.isRefused && _refused[structHash]) revert ProposalRefused();",
    to: "",
  },
  {
    file: "Periods.sol",
    what: "a pause can follow a pause",
    from: "if (block.timestamp < _nextPause) revert PauseCoolingDown(_nextPause);",
    to: "",
  },
  {
    file: "Periods.sol",
    what: "a challenge can come after the window",
    from: "if (block.timestamp >= _finalizableAt(progress)) revert WindowClosed();",
    to: "",
  },
  {
    file: "Periods.sol",
    what: "anybody may veto",
    from: "function veto(Period calldata p) external restricted {",
    to: "function veto(Period calldata p) external {",
  },
];

const members: readonly Mutant[] = [
  { file: "Quorum.sol", what: "two thirds are enough", from: "return (2 * validators) / 3 + 1;", to: "return (2 * validators + 2) / 3;" },
  { file: "Quorum.sol", what: "one signature counts twice", from: "lowest = index + 1;", to: "lowest = index;" },
  {
    file: "Quorum.sol",
    what: "anybody's signature counts",
    from: " || signer != agentAt(validator.home, interval)",
    to: " || signer == address(0)",
  },
  {
    file: "Quorum.sol",
    what: "a class's minimum means nothing",
    from: "if (voices[i] < minimums[i]) revert QuorumClassMissing",
    to: "if (voices[i] > 64) revert QuorumClassMissing",
  },
  { file: "Registry.sol", what: "a home that left signs on", from: "if (interval >= each.until) return address(0);", to: "" },
  { file: "Registry.sol", what: "a key is used by two homes", from: "_isUsed[agent] = true;", to: "" },
  {
    file: "Registry.sol",
    what: "members of the next period can be changed",
    from: "uint256 earliest = _nextUnsettled() + 1;",
    to: "uint256 earliest = _nextUnsettled();",
  },
];

const bytes: readonly Mutant[] = [
  {
    file: "Lanes.sol",
    what: "the largest change is misread",
    from: "xor(and(shr(1, value), VALUES), mul(and(value, ONES), 0xffffffff)), GUARD)\n                    value := sub",
    to: "xor(and(shr(1, value), VALUES), mul(and(value, ONES), 0x7fffffff)), GUARD)\n                    value := sub",
  },
  { file: "Lanes.sol", what: "only the last word's guards are looked at", from: "guards := or(guards, value)", to: "guards := value" },
  {
    file: "Lanes.sol",
    what: "the sum misses the upper half of each pair",
    from: "add(and(value, PAIRS), and(shr(32, value), PAIRS))",
    to: "add(and(value, PAIRS), and(value, PAIRS))",
  },
  { file: "Deltas.sol", what: "a lane without a home may change", from: "homes % Lanes.COUNT)) revert", to: "Lanes.COUNT)) revert" },
  { file: "Deltas.sol", what: "an account may come twice", from: "lowest = uint256(id) + 1;", to: "lowest = uint256(id);" },
];

const payees: readonly Mutant[] = [
  {
    file: "GridVault.sol",
    what: "an office names another payee",
    from: "        else if (msg.sender != known) revert NotOwner();\n",
    to: "",
  },
  {
    file: "GridVault.sol",
    what: "anybody names the first payee",
    from: "if (known == address(0)) _checkCanCall(msg.sender, msg.data);\n        else if (msg.sender != known)",
    to: "if (known != address(0) && msg.sender != known)",
  },
  {
    file: "GridVault.sol",
    what: "a payee is paid what a certified period takes",
    from: "if (id >= Deltas.FIRST_WIDE && progress.proposedAt != 0) _requireSpared(uint8(id - Deltas.FIRST_WIDE), progress);",
    to: "",
  },
  {
    file: "GridVault.sol",
    what: "any proposal keeps every payee waiting",
    from: "if ((progress.falling >> id) & 1 != 0) revert WideNeeded(id);",
    to: "if (progress.proposedAt != 0) revert WideNeeded(id);",
  },
  {
    file: "GridVault.sol",
    what: "a large request of a payee is cut",
    from: "if (balance > type(uint56).max) balance = type(uint56).max;",
    to: "",
  },
  {
    file: "GridVault.sol",
    what: "anybody redirects what was asked for",
    from: "_requireOwner(id);\n        _redirect(id, to);",
    to: "_redirect(id, to);",
  },
  {
    file: "GridVault.sol",
    what: "a redirect begins the waiting anew",
    from: "asked.to = to;\n",
    to: "asked.to = to;\n        asked.requestedAt = uint40(block.timestamp);\n",
  },
  {
    file: "GridVault.sol",
    what: "a signed redirect can be carried again",
    from: "REDIRECT_TYPEHASH, id, to, _nonces[id]++, deadline",
    to: "REDIRECT_TYPEHASH, id, to, _nonces[id], deadline",
  },
  {
    file: "GridVault.sol",
    what: "a redirect leads back into the vault",
    from: "_requireRecipient(to);\n        Withdrawal storage",
    to: "Withdrawal storage",
  },
  {
    file: "Escrow.sol",
    what: "a wide account is paid out and keeps its balance",
    from: "_wide[id - Deltas.FIRST_WIDE] = uint128(ticks);\n",
    to: "",
  },
  { file: "Escrow.sol", what: "nobody knows what the proposal takes", from: " | (uint256(progress.falling) << 248);", to: ";" },
  { file: "Deltas.sol", what: "an account that rises is kept waiting", from: "if (delta < 0) falling", to: "if (delta != 0) falling" },
];

const payments: readonly Mutant[] = [
  {
    file: "Payments.sol",
    what: "a payment may take all",
    from: "vault.wideBalance(ACCOUNT) / 2",
    to: "vault.wideBalance(ACCOUNT)",
  },
  {
    file: "Payments.sol",
    what: "half is looked at when it is brought alone",
    from: "_requireHalf(payment.ticks);\n",
    to: "",
  },
  {
    file: "Payments.sol",
    what: "another payment than the one voted on is redirected",
    from: "if (_waiting() != payment.instead) revert NothingWaits();",
    to: "",
  },
  {
    file: "Payments.sol",
    what: "anybody's signature brings a payment",
    from: "_requireSigned(_ownerOf(home), structHash, signature);\n        return _movePayment",
    to: "(structHash, signature);\n        return _movePayment",
  },
  {
    file: "Payments.sol",
    what: "homes vote on what isn't theirs to pay",
    from: "if (vault.payee(ACCOUNT) != address(this)) revert NotPayee();",
    to: "",
  },
  {
    file: "Community.sol",
    what: "a minority pays",
    from: "if (each.yes < need) revert NotCarried(each.yes, need);",
    to: "",
  },
  {
    file: "Community.sol",
    what: "a payment leaves nobody the time to go",
    from: "if (block.timestamp < opensAt) revert TimelockRunning(opensAt);",
    to: "",
  },
];

/** Bugs that would cost money or stop a street. */
export const MUTANTS: readonly Mutant[] = [
  ...money,
  ...debts,
  ...payees,
  ...payments,
  ...periods,
  ...members,
  ...bytes,
  ...disputes,
  ...community,
];
