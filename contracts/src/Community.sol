// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ICommunity} from "./ICommunity.sol";
import {IEscape} from "./IEscape.sol";
import {IRegistry} from "./IRegistry.sol";
import {Payments} from "./Payments.sol";

/// @title What a street decides together: its market rules, and what its money is for, by one vote for each home
/// @notice Nobody owns it, and it moves no money but the community's own. A change needs more than half of all homes, and leaves
/// everybody the time to go.
contract Community is Payments {
    using BitMaps for BitMaps.BitMap;
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;

    /// @notice What a community is built with; nothing of it but the rules ever changes.
    struct Config {
        /// @notice Says who is a home, and what is settled.
        IEscape vault;
        /// @notice The rules that the street begins with.
        Rules rules;
        /// @notice The least that each number may be.
        Numbers least;
        /// @notice The most that each number may be.
        Numbers most;
        /// @notice Seconds in which homes vote.
        uint32 votingSeconds;
        /// @notice Seconds between the end of voting and the change; longer than the vault's escape delay.
        uint32 delaySeconds;
        /// @notice Seconds after that in which the change must be executed.
        uint32 graceSeconds;
    }

    bytes32 private constant VOTE_TYPEHASH = keccak256("Vote(uint256 motion,uint32 home,bool yes)");
    bytes32 private constant MOTION_TYPEHASH = keccak256(
        "Motion(uint32 home,bytes32 hash,uint48 since,uint16 communityPercent,uint16 kPermille,uint64 withheldCharge,uint64 maxPrice,uint256 nonce)"
    );

    /// @notice Seconds in which homes vote.
    uint32 public immutable votingSeconds;
    /// @notice Seconds between the end of voting and the change.
    uint32 public immutable delaySeconds;
    /// @notice Seconds after that in which the change must be executed.
    uint32 public immutable graceSeconds;

    /// @notice The furthest ahead that rules may begin, in intervals: later ones would keep all others out until then.
    uint48 public constant MAX_AHEAD = 200_000;

    Numbers private _least;
    Numbers private _most;
    Rules[] private _rules;
    /// @dev By first interval, one more than the place in `_rules`.
    Checkpoints.Trace208 private _since;
    Motion[] private _motions;
    /// @dev One more than the number of a home's last motion.
    mapping(uint32 home => uint256) private _lastMotion;
    mapping(uint256 motion => BitMaps.BitMap) private _voted;

    /// @param config What never changes, and the first rules.
    constructor(Config memory config) Payments(config.vault) EIP712("Community", "1") {
        uint256 escape = config.vault.escapeDelay();
        if (config.delaySeconds <= escape) revert DelayTooShort(config.delaySeconds, escape);
        if (config.votingSeconds == 0 || config.graceSeconds == 0) revert NoTime();
        votingSeconds = config.votingSeconds;
        delaySeconds = config.delaySeconds;
        graceSeconds = config.graceSeconds;
        _requireBounds("communityPercent", config.least.communityPercent, config.most.communityPercent);
        _requireBounds("kPermille", config.least.kPermille, config.most.kPermille);
        _requireBounds("withheldCharge", config.least.withheldCharge, config.most.withheldCharge);
        _requireBounds("maxPrice", config.least.maxPrice, config.most.maxPrice);
        (_least, _most) = (config.least, config.most);
        _requireFair(config.rules);
        _keep(config.rules);
    }

    /// @inheritdoc ICommunity
    function moveRules(uint32 home, Rules calldata rules) external returns (uint256 motion) {
        if (msg.sender != _ownerOf(home)) revert NotOwner();
        return _moveRules(home, rules);
    }

    /// @inheritdoc ICommunity
    function moveRulesFor(
        uint32 home,
        Rules calldata rules,
        bytes calldata signature
    ) external returns (uint256 motion) {
        // The numbers encode as its last fields but one, in order.
        bytes32 structHash = keccak256(
            abi.encode(MOTION_TYPEHASH, home, rules.hash, rules.since, rules.numbers, motionsOf[home])
        );
        _requireSigned(_ownerOf(home), structHash, signature);
        return _moveRules(home, rules);
    }

    /// @inheritdoc ICommunity
    function vote(uint256 motion, uint32 home, bool yes) external {
        IRegistry.Home memory voter = _openFor(motion, home);
        if (msg.sender != voter.owner) revert NotOwner();
        _vote(motion, home, yes);
    }

    /// @inheritdoc ICommunity
    function voteFor(uint256 motion, uint32 home, bool yes, bytes calldata signature) external {
        IRegistry.Home memory voter = _openFor(motion, home);
        _requireSigned(voter.owner, keccak256(abi.encode(VOTE_TYPEHASH, motion, home, yes)), signature);
        _vote(motion, home, yes);
    }

    /// @inheritdoc ICommunity
    function count(uint256 motion, uint32 most) external {
        _count(_motion(motion), most);
    }

    /// @inheritdoc ICommunity
    function execute(uint256 motion) external {
        Motion storage each = _motion(motion);
        if (each.isExecuted) revert AlreadyExecuted();
        uint256 opensAt = uint256(each.closesAt) + delaySeconds;
        if (block.timestamp < each.closesAt) revert VotingOpen(each.closesAt);
        _count(each, type(uint32).max);
        uint256 need = each.members / 2 + 1;
        if (each.yes < need) revert NotCarried(each.yes, need);
        if (block.timestamp < opensAt) revert TimelockRunning(opensAt);
        if (block.timestamp >= opensAt + graceSeconds) revert MotionLapsed(opensAt + graceSeconds);

        each.isExecuted = true;
        if (_isPayment(motion)) return _pay(motion);
        _requireLater(each.rules.since, _nextInterval());
        _keep(each.rules);
        emit RulesDecided(motion, each.rules);
    }

    /// @inheritdoc ICommunity
    function rulesAt(uint48 interval) external view returns (Rules memory) {
        uint256 place = _since.upperLookupRecent(interval);
        if (place == 0) revert NoRules(interval);
        return _rules[place - 1];
    }

    /// @inheritdoc ICommunity
    function rulesHistory() external view returns (Rules[] memory) {
        return _rules;
    }

    /// @inheritdoc ICommunity
    function bounds() external view returns (Numbers memory least, Numbers memory most) {
        return (_least, _most);
    }

    /// @inheritdoc ICommunity
    function motionOf(uint256 motion) external view returns (Motion memory) {
        return _motion(motion);
    }

    /// @inheritdoc ICommunity
    function motionCount() external view returns (uint256) {
        return _motions.length;
    }

    /// @inheritdoc ICommunity
    function hasVoted(uint256 motion, uint32 home) external view returns (bool) {
        return _voted[motion].get(home);
    }

    function _moveRules(uint32 home, Rules calldata rules) private returns (uint256 motion) {
        Motion storage each;
        (motion, each) = _move(home);
        _requireFair(rules);
        _requireLater(rules.since, each.interval);
        each.rules = rules;
        emit MotionBrought(motion, home, rules, each.closesAt);
    }

    /// @dev A motion of a home that may bring one, without what it is for.
    function _move(uint32 home) internal override returns (uint256 motion, Motion storage each) {
        // A first period that was proposed and dropped leaves no interval behind.
        if (vault.settledUntil() == 0) revert NothingSettled();
        uint48 interval = _nextInterval();
        if (!_isMember(vault.home(home), interval)) revert NotMember(home);
        uint256 last = _lastMotion[home];
        if (last != 0 && block.timestamp < _motions[last - 1].closesAt) revert MotionOpen(last - 1);

        motion = _motions.length;
        each = _motions.push();
        (each.home, each.interval) = (home, interval);
        each.homes = uint32(vault.homeCount());
        each.closesAt = uint48(block.timestamp) + votingSeconds;
        _lastMotion[home] = motion + 1;
        ++motionsOf[home];
    }

    function _vote(uint256 motion, uint32 home, bool yes) private {
        if (_voted[motion].get(home)) revert AlreadyVoted(home);
        _voted[motion].set(home);
        if (yes) ++_motions[motion].yes;
        else ++_motions[motion].no;
        emit Voted(motion, home, yes);
    }

    /// @dev Who was a home when the motion began can't change any more: the vault takes no change that counts from then on or before,
    /// and ids only grow. So members are counted when somebody needs the number, in as many steps as it takes.
    function _count(Motion storage each, uint32 most) private {
        (uint32 home, uint32 members, uint32 homes, uint48 interval) = (
            each.counted,
            each.members,
            each.homes,
            each.interval
        );
        uint32 end = homes - home > most ? home + most : homes;
        for (; home < end; ++home) {
            if (_isMember(vault.home(home), interval)) ++members;
        }
        (each.counted, each.members) = (home, members);
    }

    /// @dev Adds rules to the history.
    function _keep(Rules memory rules) private {
        _rules.push(rules);
        _since.push(rules.since, uint208(_rules.length));
    }

    /// @dev The home, if it may vote on the motion now.
    function _openFor(uint256 motion, uint32 home) private view returns (IRegistry.Home memory voter) {
        Motion storage each = _motion(motion);
        if (block.timestamp >= each.closesAt) revert VotingClosed(each.closesAt);
        if (home >= each.homes) revert NotMember(home);
        voter = vault.home(home);
        if (!_isMember(voter, each.interval)) revert NotMember(home);
    }

    function _motion(uint256 motion) internal view override returns (Motion storage) {
        if (motion >= _motions.length) revert UnknownMotion(motion);
        return _motions[motion];
    }

    /// @dev The first interval that isn't settled; 0 before the vault's first period.
    function _nextInterval() private view returns (uint48) {
        return uint256(vault.status().nextInterval).toUint48();
    }

    function _isMember(IRegistry.Home memory home, uint48 interval) private pure returns (bool) {
        return home.since <= interval && interval < home.until;
    }

    /// @dev Reverts when rules would count for what is settled or settled next, or from before the last ones on.
    function _requireLater(uint48 since, uint48 interval) private view {
        (, uint48 last, ) = _since.latestCheckpoint();
        uint256 earliest = uint256(interval) + 1;
        if (earliest < last) earliest = last;
        if (since < earliest) revert TooEarly(since, earliest);
        uint256 latest = uint256(interval) + MAX_AHEAD;
        if (since > latest) revert TooLate(since, latest);
    }

    function _requireFair(Rules memory rules) private view {
        if (rules.hash == bytes32(0)) revert NoHash();
        Numbers memory n = rules.numbers;
        _requireInside("communityPercent", n.communityPercent, _least.communityPercent, _most.communityPercent);
        _requireInside("kPermille", n.kPermille, _least.kPermille, _most.kPermille);
        _requireInside("withheldCharge", n.withheldCharge, _least.withheldCharge, _most.withheldCharge);
        _requireInside("maxPrice", n.maxPrice, _least.maxPrice, _most.maxPrice);
    }

    function _requireInside(string memory name, uint256 got, uint256 least, uint256 most) private pure {
        if (got < least || got > most) revert OutOfBounds(name, got, least, most);
    }

    function _requireBounds(string memory name, uint256 least, uint256 most) private pure {
        if (least > most) revert BadBounds(name, least, most);
    }
}
