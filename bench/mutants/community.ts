import type { Mutant } from "./mutant.ts";

/** Bugs by which a street would decide what it didn't. */
export const community: readonly Mutant[] = [
  { file: "Community.sol", what: "a home votes as often as it likes", from: "_voted[motion].set(home);", to: "" },
  {
    file: "Community.sol",
    what: "half of all is more than half",
    from: "uint256 need = each.members / 2 + 1;",
    to: "uint256 need = (each.members + 1) / 2;",
  },
  {
    file: "Community.sol",
    what: "nobody has the time to leave",
    from: "if (block.timestamp < opensAt) revert TimelockRunning(opensAt);",
    to: "",
  },
  {
    file: "Community.sol",
    what: "what was carried is never gone",
    from: "if (block.timestamp >= opensAt + graceSeconds) revert MotionLapsed(opensAt + graceSeconds);",
    to: "",
  },
  { file: "Community.sol", what: "a motion is executed again", from: "each.isExecuted = true;", to: "" },
  { file: "Community.sol", what: "who came after the motion votes", from: "if (home >= each.homes) revert NotMember(home);", to: "" },
  {
    file: "Community.sol",
    what: "who is a member changes while homes vote",
    from: "if (!_isMember(voter, each.interval)) revert",
    to: "if (!_isMember(voter, _nextInterval())) revert",
  },
  {
    file: "Community.sol",
    what: "homes vote a second longer",
    from: "if (block.timestamp >= each.closesAt) revert VotingClosed",
    to: "if (block.timestamp > each.closesAt) revert VotingClosed",
  },
  {
    file: "Community.sol",
    what: "a signed no is a yes",
    from: "abi.encode(VOTE_TYPEHASH, motion, home, yes)",
    to: "abi.encode(VOTE_TYPEHASH, motion, home, true)",
  },
  { file: "Community.sol", what: "a signed motion is carried again", from: "++motionsOf[home];", to: "" },
  {
    file: "Community.sol",
    what: "a home may bring any number of motions at once",
    from: "if (last != 0 && block.timestamp < _motions[last - 1].closesAt) revert MotionOpen(last - 1);",
    to: "",
  },
  {
    file: "Community.sol",
    what: "a number has no bounds",
    from: '_requireInside("maxPrice", n.maxPrice, _least.maxPrice, _most.maxPrice);',
    to: "",
  },
  {
    file: "Community.sol",
    what: "rules count for what is settled next",
    from: "uint256 earliest = uint256(interval) + 1;",
    to: "uint256 earliest = uint256(interval);",
  },
  { file: "Community.sol", what: "rules overtake later ones", from: "if (earliest < last) earliest = last;", to: "" },
  {
    file: "Community.sol",
    what: "the delay may be as long as the escape",
    from: "if (config.delaySeconds <= escape) revert",
    to: "if (config.delaySeconds < escape) revert",
  },
  {
    file: "Community.sol",
    what: "members are counted twice",
    from: "(each.counted, each.members) = (home, members);",
    to: "each.members = members;",
  },
];
