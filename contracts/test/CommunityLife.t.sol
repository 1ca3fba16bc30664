// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommunity} from "../src/ICommunity.sol";
import {CommunityLife} from "./CommunityLife.sol";
import {Test} from "./Vm.sol";

/// @title What holds after every step of any life of a community
/// @notice One home has one vote; nothing outside the bounds is ever in force, nor before everybody could leave; what was decided stays,
/// and what is settled keeps its rules; a motion is executed once.
contract CommunityLifeTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    CommunityLife private _life;

    function setUp() external {
        _life = new CommunityLife();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_life), _steps());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_life);
    }

    /// forge-config: default.invariant.runs = 12
    function invariant_theCommunity() external view {
        _life.check();
    }

    function afterInvariant() external view {
        _life.checkVoters();
    }

    /// @dev The steps reach everything that they are meant to reach: lives of fixed chance in which each thing happens.
    function test_everythingHappens() external {
        bytes4[] memory steps = _steps();
        for (uint256 i; i < 2_000; ++i) {
            uint256 pick = _draw(20_261_127, i);
            bytes memory call = abi.encodePacked(steps[pick % steps.length], _draw(pick, 1), _draw(pick, 2), _draw(pick, 3) % 2);
            (bool isDone, bytes memory refusal) = address(_life).call(call);
            if (!isDone) _rethrow(refusal);
        }
        _life.check();
        _life.checkVoters();
        string memory counts;
        string[12] memory things = _things();
        for (uint256 i; i < things.length; ++i) counts = string.concat(counts, things[i], " ", vm.toString(_life.times(things[i])), ", ");
        for (uint256 i; i < things.length; ++i) vm.assertGe(_life.times(things[i]), 1, counts);
        bytes4[16] memory errors = _errors();
        for (uint256 i; i < errors.length; ++i) vm.assertGe(_life.refusals(errors[i]), 1, string.concat("error ", vm.toString(i)));
    }

    function _steps() private pure returns (bytes4[] memory steps) {
        bytes4[15] memory all = [
            CommunityLife.join.selector,
            CommunityLife.leaveStreet.selector,
            CommunityLife.settle.selector,
            CommunityLife.wait.selector,
            CommunityLife.move.selector,
            CommunityLife.vote.selector,
            CommunityLife.voteTwice.selector,
            CommunityLife.count.selector,
            CommunityLife.execute.selector,
            CommunityLife.executeAtAnEdge.selector,
            // Most lives come from a motion to its vote and to its end.
            CommunityLife.move.selector,
            CommunityLife.rally.selector,
            CommunityLife.rally.selector,
            CommunityLife.executeAtAnEdge.selector,
            CommunityLife.vote.selector
        ];
        steps = new bytes4[](all.length);
        for (uint256 i; i < all.length; ++i) steps[i] = all[i];
    }

    function _things() private pure returns (string[12] memory) {
        return [
            "join",
            "a contract joins",
            "leave",
            "settle",
            "move",
            "a motion is carried",
            "vote",
            "a vote is carried",
            "a contract votes",
            "count a part",
            "count all",
            "execute"
        ];
    }

    function _errors() private pure returns (bytes4[16] memory) {
        return [
            ICommunity.OutOfBounds.selector,
            ICommunity.NoHash.selector,
            ICommunity.TooEarly.selector,
            ICommunity.TooLate.selector,
            ICommunity.UnknownMotion.selector,
            ICommunity.MotionOpen.selector,
            ICommunity.NotMember.selector,
            ICommunity.NotOwner.selector,
            ICommunity.BadSignature.selector,
            ICommunity.AlreadyVoted.selector,
            ICommunity.VotingClosed.selector,
            ICommunity.VotingOpen.selector,
            ICommunity.NotCarried.selector,
            ICommunity.TimelockRunning.selector,
            ICommunity.MotionLapsed.selector,
            ICommunity.AlreadyExecuted.selector
        ];
    }

    function _rethrow(bytes memory refusal) private pure {
        assembly ("memory-safe") {
            revert(add(refusal, 32), mload(refusal))
        }
    }
}
