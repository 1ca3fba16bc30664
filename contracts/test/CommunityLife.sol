// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommunity} from "../src/ICommunity.sol";
import {CommunityStreet} from "./CommunityStreet.sol";

/// @title A street that decides, one step at a time, beside tables of who is a home and who voted
/// @notice Each step does one thing to the community, and demands what the tables say must come of it: the change, or the exact error.
contract CommunityLife is CommunityStreet {
    uint256 private constant FIRST_HOMES = 7;
    uint256 private constant MOST_HOMES = 14;
    /// @dev Who certify, and stay.
    uint256 private constant VALIDATORS = 4;

    struct Resident {
        address owner;
        uint48 since;
        uint48 until;
    }

    /// @dev Who may vote and how they did: one bit for each home.
    struct Moved {
        ICommunity.Rules rules;
        uint256 home;
        uint256 closesAt;
        uint256 members;
        uint256 homes;
        uint256 counted;
        uint256 yes;
        uint256 no;
        uint256 executedAt;
    }

    /// @dev How often each thing happened, by its name.
    mapping(string what => uint256) public times;
    /// @dev How often each error came.
    mapping(bytes4 selector => uint256) public refusals;

    Resident[] private _homes;
    Moved[] private _moved;
    ICommunity.Rules[] private _decided;
    mapping(uint256 home => uint256) private _motionsOf;
    /// @dev The first interval that isn't settled; and which rules it had, each time that it was another.
    uint256 private _next = NEXT;
    uint256[] private _settledNext;
    bytes32[] private _settledRules;

    constructor() {
        _openCommunity(FIRST_HOMES);
        for (uint256 home; home < FIRST_HOMES; ++home) _homes.push(Resident(_owner(home), uint48(home), STAYS));
        _decided.push(_rules(0, RULES_SINCE));
    }

    function join(uint256 drawn) external {
        if (_homes.length == MOST_HOMES) return;
        uint256 home = _homes.length;
        uint48 since = uint48([uint256(0), _next, _next + 1, _next + 97][drawn % 4]);
        address owner = drawn % 3 == 0 ? _registerWallet(home, since) : _owner(home);
        if (drawn % 3 != 0) {
            vm.prank(REGISTRAR);
            vault.register(owner, _agent(home), 0, since);
        }
        _homes.push(Resident(owner, since, STAYS));
        ++times[drawn % 3 == 0 ? "a contract joins" : "join"];
    }

    function leaveStreet(uint256 home, uint256 drawn) external {
        home = _bound(home, VALIDATORS, _homes.length - 1);
        uint48 until = uint48(_next + [uint256(1), 50, 97][drawn % 3]);
        if (until >= _homes[home].until || drawn % 2 == 0) return;
        vm.prank(_homes[home].owner);
        vault.leaveStreet(uint32(home), until);
        _homes[home].until = until;
        ++times["leave"];
    }

    function settle() external {
        _settledNext.push(_next);
        _settledRules.push(community.rulesAt(uint48(_next)).hash);
        _settle(_emptyBatch());
        _next += 96;
        ++times["settle"];
    }

    /// @dev Some minutes, a vote, a delay or a grace.
    function wait(uint256 drawn) external {
        uint256[4] memory most = [uint256(10 minutes), VOTING, DELAY, GRACE];
        vm.warp(block.timestamp + _bound(drawn >> 8, 1, most[drawn % 4]));
    }

    /// @dev By the owner, by what it signed, by somebody else, or by a signature that was carried already.
    function move(uint256 home, uint256 drawn) external {
        home = drawn % 16 == 0 ? _homes.length : home % _homes.length;
        ICommunity.Rules memory rules = _drawnRules(_draw(drawn, 1));
        uint256 way = (drawn >> 8) % 8;
        bytes memory refusal = _moveRefusal(home, rules, way);
        if (way % 2 == 0) {
            vm.prank(way == 6 || home == _homes.length ? STRANGER : _homes[home].owner);
            if (refusal.length > 0) _refuse(refusal);
            community.moveRules(uint32(home), rules);
        } else {
            uint256 nonce = _motionsOf[home] + (way == 7 ? 1 : 0);
            bytes memory signature = _signature(_ownerKey(home), _typedMotion(home, rules, nonce));
            vm.prank(STRANGER);
            if (refusal.length > 0) _refuse(refusal);
            community.moveRulesFor(uint32(home), rules, signature);
        }
        if (refusal.length > 0) return _countRefusal(refusal);
        _keepMotion(home, rules);
        ++times[way % 2 == 0 ? "move" : "a motion is carried"];
    }

    /// @dev Anybody on anything, in any way.
    function vote(uint256 motion, uint256 home, uint256 drawn) external {
        home = drawn % 16 == 0 ? _homes.length : home % _homes.length;
        _vote(_someMotion(motion), home, drawn % 3 != 0, (drawn >> 8) % 8);
    }

    /// @dev Most of a street vote for the newest motion, so that something is ever decided.
    function rally(uint256 drawn) external {
        if (_moved.length == 0) return;
        uint256 motion = _moved.length - 1 - (drawn % 2 == 0 ? 0 : drawn % _moved.length);
        for (uint256 home; home < _homes.length; ++home) if (_draw(drawn, home) % 8 > 0) _vote(motion, home, true, home % 2);
    }

    /// @dev Again, whatever it was; to the last second.
    function voteTwice(uint256 motion, uint256 home, bool yes) external {
        if (_moved.length == 0) return;
        motion %= _moved.length;
        Moved storage each = _moved[motion];
        home %= _homes.length;
        if (!_has(each.yes | each.no, home) || block.timestamp >= each.closesAt) return;
        if (yes) vm.warp(each.closesAt - 1);
        _vote(motion, home, yes, 0);
        _vote(motion, home, !yes, 1);
    }

    function count(uint256 motion, uint256 most) external {
        motion = _someMotion(motion);
        if (motion >= _moved.length) _refuse(abi.encodeWithSelector(ICommunity.UnknownMotion.selector, motion));
        most = most % 3 == 0 ? type(uint32).max : most % 6;
        vm.prank(STRANGER);
        community.count(motion, uint32(most));
        if (motion >= _moved.length) return;
        Moved storage each = _moved[motion];
        each.counted = each.counted + most < each.homes ? each.counted + most : each.homes;
        ++times[each.counted < each.homes ? "count a part" : "count all"];
    }

    function execute(uint256 motion) external {
        _execute(_someMotion(motion));
    }

    /// @dev One second too early, just in time, at the last second, and one too late.
    function executeAtAnEdge(uint256 motion, uint256 drawn) external {
        if (_moved.length == 0) return;
        motion %= _moved.length;
        uint256 opensAt = _moved[motion].closesAt + DELAY;
        uint256 time = [_moved[motion].closesAt - 1, opensAt - 1, opensAt, opensAt + GRACE - 1, opensAt + GRACE][drawn % 5];
        if (time < block.timestamp) return;
        vm.warp(time);
        _execute(motion);
        if (drawn % 2 == 0) _execute(motion);
    }

    /// @dev What holds at any time, told by the tables alone.
    function check() external view {
        ICommunity.Rules[] memory history = community.rulesHistory();
        vm.assertEq(abi.encode(history), abi.encode(_decided), "history is what was decided, in that order");
        for (uint256 i; i < history.length; ++i) {
            _checkInside(history[i].numbers);
            _checkRulesAt(history[i].since);
            _checkRulesAt(uint48(history[i].since - 1));
        }
        for (uint256 i = _settledNext.length; i > 0 && i + 8 > _settledNext.length; --i) {
            vm.assertEq(community.rulesAt(uint48(_settledNext[i - 1])).hash, _settledRules[i - 1], "what is settled keeps its rules");
        }
        vm.assertEq(community.motionCount(), _moved.length, "motions");
        for (uint256 i; i < _moved.length; ++i) _checkMotion(i, community.motionOf(i));
        for (uint256 home; home < _homes.length; ++home) vm.assertEq(community.motionsOf(uint32(home)), _motionsOf[home], "motions of a home");
    }

    function _checkMotion(uint256 motion, ICommunity.Motion memory said) private view {
        Moved storage each = _moved[motion];
        vm.assertEq(abi.encode(said.rules), abi.encode(each.rules), "rules");
        vm.assertEq(said.closesAt, each.closesAt, "closes at");
        vm.assertEq(said.yes, _bits(each.yes), "yes");
        vm.assertEq(said.no, _bits(each.no), "no");
        vm.assertEq(said.homes, each.homes, "homes");
        vm.assertEq(said.counted, each.counted, "counted");
        vm.assertEq(said.members, _bits(each.members & (2 ** each.counted - 1)), "members of those");
        // One home, one vote; and only who was in the street.
        vm.assertEq((each.yes | each.no) & ~each.members, 0, "voters are members");
        vm.assertEq(each.yes & each.no, 0, "one way");
        vm.assertTrue(said.isExecuted == (each.executedAt > 0), "executed");
        if (!said.isExecuted) return;
        vm.assertGe(each.executedAt, each.closesAt + DELAY, "not before everybody could leave");
        vm.assertGe(2 * _bits(each.yes), _bits(each.members) + 1, "more than half of all");
    }

    /// @dev Who voted, home by home.
    function checkVoters() external view {
        for (uint256 i; i < _moved.length; ++i) {
            for (uint256 home; home <= _homes.length; ++home) {
                bool hasVoted = _has(_moved[i].yes | _moved[i].no, home);
                vm.assertTrue(community.hasVoted(i, uint32(home)) == hasVoted, "voted");
            }
        }
    }

    function _checkInside(ICommunity.Numbers memory n) private pure {
        vm.assertTrue(n.communityPercent <= 50 && n.kPermille >= 250 && n.kPermille <= 750, "inside the bounds");
        vm.assertTrue(n.withheldCharge <= 1_000_000 && n.maxPrice >= 500_000 && n.maxPrice <= 2_000_000, "inside the bounds");
    }

    /// @dev The last that were decided of those that begin by then.
    function _checkRulesAt(uint48 interval) private view {
        if (interval < RULES_SINCE) return;
        uint256 last;
        for (uint256 i; i < _decided.length; ++i) if (_decided[i].since <= interval) last = i;
        vm.assertEq(community.rulesAt(interval).hash, _decided[last].hash, "rules in force");
    }

    function _vote(uint256 motion, uint256 home, bool yes, uint256 way) private {
        bytes memory refusal = _voteRefusal(motion, home, way);
        if (way % 2 == 0) {
            vm.prank(way == 6 || home >= _homes.length ? STRANGER : _homes[home].owner);
            if (refusal.length > 0) _refuse(refusal);
            community.vote(motion, uint32(home), yes);
        } else {
            // Of another vote, or its own.
            bytes memory signature = _signature(_ownerKey(home), _typedVote(motion, home, way == 7 ? !yes : yes));
            if (refusal.length > 0) _refuse(refusal);
            community.voteFor(motion, uint32(home), yes, signature);
        }
        if (refusal.length > 0) return _countRefusal(refusal);
        if (yes) _moved[motion].yes |= 1 << home;
        else _moved[motion].no |= 1 << home;
        ++times[way % 2 == 0 ? "vote" : "a vote is carried"];
        if (_homes[home].owner != _owner(home)) ++times["a contract votes"];
    }

    function _execute(uint256 motion) private {
        bytes memory refusal = _executeRefusal(motion, vm.getBlockTimestamp());
        vm.prank(STRANGER);
        if (refusal.length > 0) _refuse(refusal);
        community.execute(motion);
        if (refusal.length > 0) return _countRefusal(refusal);
        (_moved[motion].executedAt, _moved[motion].counted) = (vm.getBlockTimestamp(), _moved[motion].homes);
        _decided.push(_moved[motion].rules);
        ++times["execute"];
    }

    function _moveRefusal(uint256 home, ICommunity.Rules memory rules, uint256 way) private view returns (bytes memory) {
        if (home >= _homes.length) return abi.encodeWithSelector(ICommunity.NotMember.selector, home);
        if (way == 6) return abi.encodeWithSelector(ICommunity.NotOwner.selector);
        if (way == 7) return abi.encodeWithSelector(ICommunity.BadSignature.selector);
        if (!_has(_membersNow(), home)) return abi.encodeWithSelector(ICommunity.NotMember.selector, home);
        for (uint256 i = _moved.length; i > 0; --i) {
            if (_moved[i - 1].home != home || block.timestamp >= _moved[i - 1].closesAt) continue;
            return abi.encodeWithSelector(ICommunity.MotionOpen.selector, i - 1);
        }
        if (rules.hash == 0) return abi.encodeWithSelector(ICommunity.NoHash.selector);
        uint256 k = rules.numbers.kPermille;
        if (k < 250 || k > 750) return abi.encodeWithSelector(ICommunity.OutOfBounds.selector, "kPermille", k, 250, 750);
        return _timeRefusal(rules.since);
    }

    function _voteRefusal(uint256 motion, uint256 home, uint256 way) private view returns (bytes memory) {
        if (motion >= _moved.length) return abi.encodeWithSelector(ICommunity.UnknownMotion.selector, motion);
        Moved storage each = _moved[motion];
        if (vm.getBlockTimestamp() >= each.closesAt) return abi.encodeWithSelector(ICommunity.VotingClosed.selector, each.closesAt);
        if (!_has(each.members, home)) return abi.encodeWithSelector(ICommunity.NotMember.selector, home);
        if (way == 6) return abi.encodeWithSelector(ICommunity.NotOwner.selector);
        if (way == 7) return abi.encodeWithSelector(ICommunity.BadSignature.selector);
        if (_has(each.yes | each.no, home)) return abi.encodeWithSelector(ICommunity.AlreadyVoted.selector, home);
        return "";
    }

    function _executeRefusal(uint256 motion, uint256 time) private view returns (bytes memory) {
        if (motion >= _moved.length) return abi.encodeWithSelector(ICommunity.UnknownMotion.selector, motion);
        Moved storage each = _moved[motion];
        if (each.executedAt > 0) return abi.encodeWithSelector(ICommunity.AlreadyExecuted.selector);
        if (time < each.closesAt) return abi.encodeWithSelector(ICommunity.VotingOpen.selector, each.closesAt);
        (uint256 yes, uint256 members) = (_bits(each.yes), _bits(each.members));
        if (2 * yes <= members) return abi.encodeWithSelector(ICommunity.NotCarried.selector, yes, members / 2 + 1);
        uint256 opensAt = each.closesAt + DELAY;
        if (time < opensAt) return abi.encodeWithSelector(ICommunity.TimelockRunning.selector, opensAt);
        if (time >= opensAt + GRACE) return abi.encodeWithSelector(ICommunity.MotionLapsed.selector, opensAt + GRACE);
        return _timeRefusal(each.rules.since);
    }

    function _timeRefusal(uint256 since) private view returns (bytes memory) {
        uint256 last = _decided[_decided.length - 1].since;
        uint256 earliest = _next + 1 < last ? last : _next + 1;
        if (since < earliest) return abi.encodeWithSelector(ICommunity.TooEarly.selector, since, earliest);
        if (since > _next + MAX_AHEAD) return abi.encodeWithSelector(ICommunity.TooLate.selector, since, _next + MAX_AHEAD);
        return "";
    }

    function _drawnRules(uint256 drawn) private view returns (ICommunity.Rules memory rules) {
        uint256 last = _decided[_decided.length - 1].since;
        uint256[8] memory since = [_next, _next + 1, _next + 5_000, _next + 2_000, _next + 3_000, last, last - 1, _next + MAX_AHEAD + 1];
        rules = _rules(_moved.length + 1, since[drawn % 8]);
        rules.numbers.kPermille = uint16(250 + ((drawn >> 8) % 501));
        if ((drawn >> 32) % 12 == 0) rules.numbers.kPermille = drawn % 2 == 0 ? 249 : 751;
        if ((drawn >> 40) % 24 == 0) rules.hash = 0;
    }

    function _keepMotion(uint256 home, ICommunity.Rules memory rules) private {
        Moved storage each = _moved.push();
        (each.rules, each.home, each.closesAt) = (rules, home, block.timestamp + VOTING);
        (each.members, each.homes) = (_membersNow(), _homes.length);
        ++_motionsOf[home];
    }

    function _membersNow() private view returns (uint256 members) {
        for (uint256 home; home < _homes.length; ++home) {
            if (_homes[home].since <= _next && _next < _homes[home].until) members |= 1 << home;
        }
    }

    /// @dev Mostly one of the last; seldom one that there isn't.
    function _someMotion(uint256 drawn) private view returns (uint256) {
        if (_moved.length == 0 || drawn % 32 == 0) return _moved.length;
        uint256 back = (drawn >> 8) % 4;
        return back < _moved.length ? _moved.length - 1 - back : 0;
    }

    function _countRefusal(bytes memory refusal) private {
        ++refusals[bytes4(refusal)];
    }

    function _has(uint256 set, uint256 home) private pure returns (bool) {
        return (set >> home) & 1 == 1;
    }

    function _bits(uint256 set) private pure returns (uint256 count_) {
        for (; set > 0; set &= set - 1) ++count_;
    }
}
