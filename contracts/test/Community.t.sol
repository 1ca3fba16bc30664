// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommunity} from "../src/ICommunity.sol";
import {CommunityStreet, ICommunityShown} from "./CommunityStreet.sol";

/// @title Community, function by function; five of nine are more than half
/// forge-config: default.fuzz.runs = 64
contract CommunityTest is CommunityStreet {
    uint256 private constant HOMES = 10;
    uint256 private constant LATER = NEXT + 5_000;

    function setUp() external {
        _openCommunity(HOMES);
        vm.prank(_owner(9));
        vault.leaveStreet(9, NEXT + 1);
        _settle(_emptyBatch());
    }

    /// @dev The first interval that isn't settled, now that home 9 has left.
    function _next() private pure returns (uint256) {
        return NEXT + 96;
    }

    function _move(uint256 home, ICommunity.Rules memory rules) private {
        vm.prank(_owner(home));
        community.moveRules(uint32(home), rules);
    }

    function _vote(uint256 motion, uint256 home, bool yes) private {
        vm.prank(_owner(home));
        community.vote(motion, uint32(home), yes);
    }

    /// @dev A motion that the first `yes` homes want.
    function _moved(uint256 yes) private returns (uint256 closesAt) {
        _move(0, _rules(1, LATER));
        for (uint256 home; home < yes; ++home) _vote(0, home, true);
        return community.motionOf(0).closesAt;
    }

    function _outside(string memory name, uint256 got, uint256 least, uint256 most) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICommunity.OutOfBounds.selector, name, got, least, most);
    }

    function _early(uint256 since, uint256 earliest) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICommunity.TooEarly.selector, since, earliest);
    }

    function _notMember(uint256 home) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICommunity.NotMember.selector, home);
    }

    function test_whatItIsBuiltWith() external view {
        vm.assertEq(community.vault(), address(vault), "vault");
        vm.assertEq(community.votingSeconds(), VOTING, "voting");
        vm.assertEq(community.delaySeconds(), DELAY, "delay");
        vm.assertEq(community.graceSeconds(), GRACE, "grace");
        vm.assertEq(community.MAX_AHEAD(), MAX_AHEAD, "ahead");
        (ICommunity.Numbers memory least, ICommunity.Numbers memory most) = community.bounds();
        vm.assertEq(abi.encode(least, most), abi.encode(_least(), _most()), "bounds");
        vm.assertEq(abi.encode(community.rulesAt(RULES_SINCE)), abi.encode(_rules(0, RULES_SINCE)), "first rules");
        vm.assertEq(abi.encode(community.rulesAt(type(uint48).max)), abi.encode(_rules(0, RULES_SINCE)), "and on");
    }

    function test_whatItIsNotBuiltWith() external {
        ICommunityShown.Config memory config = _communityConfig();
        config.delaySeconds = uint32(ESCAPE);
        _refuseBuilt(config, abi.encodeWithSelector(ICommunity.DelayTooShort.selector, uint256(ESCAPE), uint256(ESCAPE)));
        (config.delaySeconds, config.votingSeconds) = (DELAY, 0);
        _refuseBuilt(config, abi.encodeWithSelector(ICommunity.NoTime.selector));
        (config.votingSeconds, config.graceSeconds) = (1, 0);
        _refuseBuilt(config, abi.encodeWithSelector(ICommunity.NoTime.selector));
        config.graceSeconds = 1;
        config.rules.hash = 0;
        _refuseBuilt(config, abi.encodeWithSelector(ICommunity.NoHash.selector));
        config.rules.hash = bytes32(uint256(1));
        config.rules.numbers.kPermille = 751;
        _refuseBuilt(config, _outside("kPermille", 751, 250, 750));
        string[4] memory names = ["communityPercent", "kPermille", "withheldCharge", "maxPrice"];
        for (uint256 i; i < 4; ++i) {
            config = _communityConfig();
            (config.least, config.most) = (_with(_least(), i, 9), _with(_most(), i, 8));
            _refuseBuilt(config, abi.encodeWithSelector(ICommunity.BadBounds.selector, names[i], 9, 8));
        }
    }

    function _refuseBuilt(ICommunityShown.Config memory config, bytes memory refusal) private {
        _refuse(refusal);
        this.build(COMMUNITY, abi.encode(config));
    }

    /// @dev Numbers, number `i` of them another.
    function _with(ICommunity.Numbers memory numbers, uint256 i, uint256 value) private pure returns (ICommunity.Numbers memory) {
        bytes memory words = abi.encode(numbers);
        assembly ("memory-safe") {
            mstore(add(add(words, 32), mul(32, i)), value)
        }
        return abi.decode(words, (ICommunity.Numbers));
    }

    function _number(ICommunity.Numbers memory numbers, uint256 i) private pure returns (uint256) {
        return [uint256(numbers.communityPercent), numbers.kPermille, numbers.withheldCharge, numbers.maxPrice][i];
    }

    function testFuzz_numbersStayInsideTheirBounds(uint256 i, uint256 drawn) external {
        i %= 4;
        (uint256 least, uint256 most) = (_number(_least(), i), _number(_most(), i));
        uint256 value = drawn % 2 == 0 ? least + ((drawn >> 2) % (most - least + 3)) : (drawn >> 2) % (i < 2 ? 2 ** 16 : 2 ** 64);
        if (value == most + 2) value = least == 0 ? 0 : least - 1;
        ICommunity.Rules memory rules = _rules(1, LATER);
        rules.numbers = _with(rules.numbers, i, value);
        string[4] memory names = ["communityPercent", "kPermille", "withheldCharge", "maxPrice"];
        if (value < least || value > most) _refuse(_outside(names[i], value, least, most));
        _move(0, rules);
        vm.assertEq(community.motionCount(), value < least || value > most ? 0 : 1, "brought");
    }

    function testFuzz_rulesBeginNeitherTooEarlyNorTooLate(uint256 drawn) external {
        uint256 since = drawn % 2 == 0 ? (drawn >> 2) % 2 ** 48 : _next() + ((drawn >> 2) % 4) + (drawn % 4 == 1 ? 199_998 : 0);
        if (since <= _next()) _refuse(_early(since, _next() + 1));
        else if (since > _next() + MAX_AHEAD) {
            _refuse(abi.encodeWithSelector(ICommunity.TooLate.selector, since, _next() + MAX_AHEAD));
        }
        _move(0, _rules(1, since));
    }

    function test_whoMayBringAMotion() external {
        ICommunity.Rules memory rules = _rules(1, LATER);
        address[3] memory others = [_agent(0), _owner(1), REGISTRAR];
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            _refuse(ICommunity.NotOwner.selector);
            community.moveRules(0, rules);
        }
        _refuse(_notMember(9));
        _move(9, rules);
        _refuse(_notMember(10));
        _move(10, rules);
        _refuse(_notMember(10));
        community.moveRulesFor(10, rules, "");
        rules.hash = 0;
        _refuse(ICommunity.NoHash.selector);
        _move(0, rules);
        rules.hash = bytes32(uint256(1));
        vm.expectEmit();
        emit ICommunity.MotionBrought(0, 0, rules, uint48(block.timestamp + VOTING));
        _move(0, rules);
        ICommunity.Motion memory motion = community.motionOf(0);
        vm.assertEq(abi.encode(motion.rules), abi.encode(rules), "rules");
        vm.assertEq(motion.interval, _next(), "interval");
        vm.assertEq(motion.homes, HOMES, "homes");
    }

    /// @dev Until a period is settled homes may still change for any interval.
    function test_nothingIsMovedBeforeThereIsAPeriod() external {
        _open(4, 4);
        community = _newCommunity(_communityConfig());
        _refuse(ICommunity.NothingSettled.selector);
        _move(0, _rules(1, LATER));
        Batch memory batch = _emptyBatch();
        _propose(batch);
        _refuse(ICommunity.NothingSettled.selector);
        _move(0, _rules(1, LATER));
        vm.warp(vm.getBlockTimestamp() + WINDOW);
        _finalize(batch);
        _move(0, _rules(1, LATER));
    }

    function testFuzz_oneMotionAtATimeForEachHome(uint256 wait) external {
        uint256 closesAt = _moved(0);
        _move(1, _rules(2, LATER));
        vm.warp(closesAt - 1 - (wait % VOTING));
        _refuse(abi.encodeWithSelector(ICommunity.MotionOpen.selector, 0));
        _move(0, _rules(3, LATER));
        vm.warp(closesAt + (wait % 365 days));
        _move(0, _rules(3, LATER));
        vm.assertEq(community.motionCount(), 3, "motions");
        vm.assertEq(community.motionsOf(0), 2, "of home 0");
        vm.assertEq(community.motionsOf(1), 1, "of home 1");
    }

    /// @dev Every word is signed, and once: nobody brings it again.
    function test_whatAnOwnerSignedIsCarriedOnce() external {
        ICommunity.Rules memory rules = _rules(1, LATER);
        bytes memory signature = _signature(_ownerKey(3), _typedMotion(3, rules, 0));
        _refuseCarried(4, rules, signature);
        _refuseCarried(3, rules, _signature(_agentKey(3), _typedMotion(3, rules, 0)));
        _refuseCarried(3, rules, _signature(_ownerKey(3), _typedMotion(3, rules, 1)));
        for (uint256 i; i < 4; ++i) {
            ICommunity.Rules memory other = _rules(1, LATER);
            other.numbers = _with(other.numbers, i, _number(other.numbers, i) + 1);
            _refuseCarried(3, other, signature);
        }
        _refuseCarried(3, _rules(2, LATER), signature);
        _refuseCarried(3, _rules(1, LATER + 1), signature);
        vm.prank(STRANGER);
        vm.assertEq(community.moveRulesFor(3, rules, signature), 0, "number");
        vm.warp(block.timestamp + VOTING);
        _refuseCarried(3, rules, signature);
        community.moveRulesFor(3, rules, _signature(_ownerKey(3), _typedMotion(3, rules, 1)));
    }

    function _refuseCarried(uint32 home, ICommunity.Rules memory rules, bytes memory signature) private {
        vm.prank(STRANGER);
        _refuse(ICommunity.BadSignature.selector);
        community.moveRulesFor(home, rules, signature);
    }

    function test_whoMayVote() external {
        uint256 closesAt = _moved(0);
        address[3] memory others = [_agent(1), _owner(2), REGISTRAR];
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            _refuse(ICommunity.NotOwner.selector);
            community.vote(0, 1, true);
        }
        _refuse(_notMember(9));
        _vote(0, 9, true);
        // Whatever interval its membership is dated to: it came later.
        _register(10);
        _refuse(_notMember(10));
        _vote(0, 10, true);
        _refuse(abi.encodeWithSelector(ICommunity.UnknownMotion.selector, 1));
        _vote(1, 1, true);
        _refuse(abi.encodeWithSelector(ICommunity.UnknownMotion.selector, 1));
        community.motionOf(1);
        vm.warp(closesAt - 1);
        vm.expectEmit();
        emit ICommunity.Voted(0, 1, true);
        _vote(0, 1, true);
        vm.warp(closesAt);
        _refuse(abi.encodeWithSelector(ICommunity.VotingClosed.selector, closesAt));
        _vote(0, 2, true);
    }

    /// @dev Whoever is in the street in the first interval that isn't settled; of later changes nothing counts.
    function test_whoIsAMember() external {
        vm.prank(REGISTRAR);
        vault.register(_owner(10), _agent(10), 0, uint48(_next()));
        vm.prank(REGISTRAR);
        vault.register(_owner(11), _agent(11), 0, uint48(_next() + 1));
        vm.prank(_owner(8));
        vault.leaveStreet(8, uint48(_next() + 1));
        _moved(0);
        _vote(0, 10, true);
        _vote(0, 8, true);
        _refuse(_notMember(11));
        _vote(0, 11, true);
        _settle(_emptyBatch());
        _refuse(_notMember(11));
        _vote(0, 11, true);
        community.count(0, 100);
        vm.assertEq(community.motionOf(0).members, 10, "members");
        _refuse(_notMember(8));
        _move(8, _rules(2, LATER));
        _move(11, _rules(2, LATER));
    }

    function testFuzz_aVoteStaysAsItIs(uint256 home, bool yes, bool then) external {
        home %= 9;
        _moved(0);
        vm.assertTrue(!community.hasVoted(0, uint32(home)), "not yet");
        _vote(0, home, yes);
        _refuse(abi.encodeWithSelector(ICommunity.AlreadyVoted.selector, home));
        _vote(0, home, then);
        bytes memory signature = _signature(_ownerKey(home), _typedVote(0, home, then));
        _refuse(abi.encodeWithSelector(ICommunity.AlreadyVoted.selector, home));
        community.voteFor(0, uint32(home), then, signature);
        vm.assertEq(community.motionOf(0).yes, yes ? 1 : 0, "yes");
        vm.assertEq(community.motionOf(0).no, yes ? 0 : 1, "no");
        for (uint256 i; i < HOMES; ++i) vm.assertTrue(community.hasVoted(0, uint32(i)) == (i == home), "who voted");
    }

    function testFuzz_aSignedVoteIsThatVoteAlone(uint256 key) external {
        _moved(0);
        _move(1, _rules(2, LATER));
        bytes memory signature = _signature(_ownerKey(2), _typedVote(0, 2, true));
        _refuseVote(0, 3, true, signature);
        _refuseVote(1, 2, true, signature);
        _refuseVote(0, 2, false, signature);
        _refuseVote(0, 2, true, "");
        _refuseVote(0, 2, true, _signature(_bound(key, 1, 1e18), _typedVote(0, 2, true)));
        vm.prank(STRANGER);
        community.voteFor(0, 2, true, signature);
        vm.assertEq(community.motionOf(0).yes, 1, "yes");
    }

    function _refuseVote(uint256 motion, uint32 home, bool yes, bytes memory signature) private {
        _refuse(ICommunity.BadSignature.selector);
        community.voteFor(motion, home, yes, signature);
    }

    /// @dev Its contract says itself what it signed, or calls.
    function test_anOwnerThatIsAContract() external {
        address wallet = _registerWallet(10, 0);
        ICommunity.Rules memory rules = _rules(1, LATER);
        _refuseCarried(10, rules, _signature(_ownerKey(9), _typedMotion(10, rules, 0)));
        community.moveRulesFor(10, rules, _signature(_ownerKey(10), _typedMotion(10, rules, 0)));
        _refuse(ICommunity.NotOwner.selector);
        _vote(0, 10, true);
        _refuseVote(0, 10, true, _signature(_ownerKey(9), _typedVote(0, 10, true)));
        community.voteFor(0, 10, true, _signature(_ownerKey(10), _typedVote(0, 10, true)));
        vm.warp(block.timestamp + VOTING);
        vm.prank(wallet);
        community.moveRules(10, rules);
        vm.prank(wallet);
        community.vote(1, 10, false);
    }

    /// @dev More than half of all nine, at any time between the delay and the end of grace.
    function testFuzz_whatComesIntoForce(uint256 yes, uint256 drawn) external {
        yes %= 10;
        uint256 closesAt = _moved(yes);
        uint256[5] memory edges = [closesAt, closesAt + DELAY, closesAt + DELAY + GRACE, closesAt - VOTING, closesAt + DELAY + GRACE];
        uint256 time = edges[drawn % 5] + ((drawn >> 8) % (drawn % 3 == 0 ? 2 : VOTING));
        if (drawn % 7 == 0 && time > closesAt - VOTING) --time;
        vm.warp(time);
        bytes memory refusal;
        if (time >= closesAt + DELAY + GRACE) {
            refusal = abi.encodeWithSelector(ICommunity.MotionLapsed.selector, closesAt + DELAY + GRACE);
        }
        if (time < closesAt + DELAY) refusal = abi.encodeWithSelector(ICommunity.TimelockRunning.selector, closesAt + DELAY);
        if (yes < 5) refusal = abi.encodeWithSelector(ICommunity.NotCarried.selector, yes, 5);
        if (time < closesAt) refusal = abi.encodeWithSelector(ICommunity.VotingOpen.selector, closesAt);
        if (refusal.length > 0) _refuse(refusal);
        community.execute(0);
        bool isInForce = refusal.length == 0;
        vm.assertTrue(community.motionOf(0).isExecuted == isInForce, "executed");
        vm.assertEq(community.rulesAt(uint48(LATER) - 1).hash, _rules(0, 0).hash, "before");
        vm.assertEq(community.rulesAt(uint48(LATER)).hash, _rules(isInForce ? 1 : 0, 0).hash, "from then on");
        vm.assertEq(community.rulesHistory().length, isInForce ? 2 : 1, "history");
    }

    function test_once() external {
        uint256 closesAt = _moved(5);
        vm.warp(closesAt + DELAY);
        vm.expectEmit();
        emit ICommunity.RulesDecided(0, _rules(1, LATER));
        vm.prank(STRANGER);
        community.execute(0);
        _refuse(ICommunity.AlreadyExecuted.selector);
        community.execute(0);
        _refuse(abi.encodeWithSelector(ICommunity.UnknownMotion.selector, 1));
        community.execute(1);
        vm.assertEq(community.rulesHistory().length, 2, "history");
    }

    /// @dev Half of eight isn't more than half.
    function test_halfIsNotEnough() external {
        vm.prank(_owner(8));
        vault.leaveStreet(8, uint48(_next() + 1));
        _settle(_emptyBatch());
        uint256 closesAt = _moved(4);
        vm.warp(closesAt + DELAY);
        _refuse(abi.encodeWithSelector(ICommunity.NotCarried.selector, 4, 5));
        community.execute(0);
    }

    function test_whatIsSettledKeepsItsRules() external {
        _move(0, _rules(1, _next() + 50));
        for (uint256 home; home < 5; ++home) _vote(0, home, true);
        vm.warp(block.timestamp + VOTING + DELAY);
        _settle(_emptyBatch());
        _refuse(_early(_next() + 50, _next() + 97));
        community.execute(0);
    }

    /// @dev Nor do rules overtake later ones; of two for one interval the later decision counts.
    function test_orderOfDecisions() external {
        for (uint256 home; home < 3; ++home) _move(home, _rules(home + 1, home == 1 ? LATER - 1 : LATER));
        for (uint256 i; i < 15; ++i) _vote(i / 5, i % 5, true);
        vm.warp(block.timestamp + VOTING + DELAY);
        community.execute(0);
        _refuse(_early(LATER - 1, LATER));
        community.execute(1);
        community.execute(2);
        vm.assertEq(community.rulesAt(uint48(LATER) - 1).hash, _rules(0, 0).hash, "before");
        vm.assertEq(community.rulesAt(uint48(LATER)).hash, _rules(3, 0).hash, "the later decision");
        _refuse(abi.encodeWithSelector(ICommunity.NoRules.selector, RULES_SINCE - 1));
        community.rulesAt(RULES_SINCE - 1);
    }

    function testFuzz_membersAreCountedInParts(uint32[4] calldata parts) external {
        uint256 closesAt = _moved(5);
        uint256 counted;
        for (uint256 i; i < 4; ++i) {
            uint32 most = parts[i] % 2 == 0 ? parts[i] : parts[i] % 6;
            vm.prank(STRANGER);
            community.count(0, most);
            counted = counted + most < HOMES ? counted + most : HOMES;
            vm.assertEq(community.motionOf(0).counted, counted, "counted");
            vm.assertEq(community.motionOf(0).members, counted < 9 ? counted : 9, "members");
        }
        _refuse(abi.encodeWithSelector(ICommunity.UnknownMotion.selector, 1));
        community.count(1, 1);
        vm.warp(closesAt + DELAY);
        community.execute(0);
        vm.assertEq(community.motionOf(0).members, 9, "all of them");
    }
}
