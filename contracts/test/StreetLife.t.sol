// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {GuardedLife} from "./GuardedLife.sol";
import {StreetLife} from "./StreetLife.sol";
import {Test} from "./Vm.sol";

/// @title What holds after every step of any life of a street
/// @notice The numbers are those of the design's list of invariants: I1 and I2 money, I4 and I12 order, I8 balances, I11 validators here
/// and I10 the pause here
/// after each step; I3, I6, I7 and I9 in the steps themselves; I5 at the end of each life.
contract StreetLifeTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant TICK = 100;
    uint64 private constant FIRST_PERIOD = 500;
    uint32 private constant FIRST_WIDE = type(uint32).max - 7;

    GuardedLife private _life;
    IGridVault private _vault;

    function setUp() external {
        _life = new GuardedLife();
        _vault = _life.street();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_life), _steps());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_life);
    }

    function invariant_theStreet() external view {
        _moneyIsWhatIsOwed();
        _balancesAreTheTables();
        _debtsAreOwedToTheSupplier();
        _periodsGoOnByOne();
        _setsAreFair();
    }

    function afterInvariant() external {
        _life.exit();
        _moneyIsWhatIsOwed();
        _balancesAreTheTables();
    }

    /// @dev The steps reach everything that they are meant to reach: a life of fixed chance in which each thing happens.
    function test_everythingHappens() external {
        bytes4[] memory steps = _steps();
        for (uint256 i; i < 4_000; ++i) {
            uint256 pick = _draw(20_261_127, i);
            bytes memory call = abi.encodePacked(steps[pick % steps.length], _draw(pick, 1), _draw(pick, 2));
            (bool isDone, bytes memory refusal) = address(_life).call(call);
            if (!isDone) _rethrow(refusal);
        }
        string[59] memory things = _things();
        string memory counts;
        for (uint256 i; i < things.length; ++i) counts = string.concat(counts, things[i], " ", vm.toString(_life.times(things[i])), ", ");
        for (uint256 i; i < things.length; ++i) vm.assertGe(_life.times(things[i]), 1, counts);
        this.invariant_theStreet();
        _life.exit();
        _moneyIsWhatIsOwed();
    }

    /// @dev I1 and I2.
    function _moneyIsWhatIsOwed() private view {
        uint256 held = _life.money();
        uint256 owed = _life.owed();
        vm.assertEq(held, owed * TICK + _life.donated(), "held is owed");
        vm.assertEq(_life.paidIn() - _life.paidOut(), owed, "paid in less paid out is owed");
    }

    /// @dev I8.
    function _balancesAreTheTables() private view {
        (IEscrow.Balance[] memory homes, uint128[8] memory wide) = _vault.balances(0, type(uint256).max);
        vm.assertEq(homes.length, _life.homeCount(), "homes");
        for (uint256 home; home < homes.length; ++home) {
            vm.assertEq(homes[home].ticks, _life.heldOf(home), "ticks");
            vm.assertEq(homes[home].requested, _life.askedOf(home), "asked for");
            vm.assertEq(homes[home].debt, _life.debtOf(home), "debt");
        }
        for (uint8 id; id < 8; ++id) {
            vm.assertEq(wide[id], _life.wideOf(id), "wide");
            vm.assertEq(_vault.payee(id), _life.payeeOf(id), "payee");
            IEscrow.Withdrawal memory asked = _vault.withdrawal(FIRST_WIDE + id);
            vm.assertEq(asked.ticks, _life.askedOf(FIRST_WIDE + id), "asked for");
            vm.assertEq(asked.to, _life.askedBy(FIRST_WIDE + id), "for whom");
        }
    }

    /// @dev What each account has is what it was ever paid, lost and gained by, without any floor: a home's balance less its debt, the
    /// supplier's with all debts. So a debt is at nobody's cost but the debtor's and, until it is paid back, the supplier's.
    function _debtsAreOwedToTheSupplier() private view {
        (IEscrow.Balance[] memory homes, uint128[8] memory wide) = _vault.balances(0, type(uint256).max);
        int256 debts;
        for (uint256 home; home < homes.length; ++home) {
            int256 debt = int256(uint256(homes[home].debt));
            vm.assertEq(int256(uint256(homes[home].ticks)) - debt, _life.claimOf(home), "a home's claim");
            debts += debt;
        }
        for (uint256 id; id < 8; ++id) {
            vm.assertEq(int256(uint256(wide[id])) + (id == 0 ? debts : int256(0)), _life.claimOf(FIRST_WIDE + id), "a wide account's claim");
        }
    }

    /// @dev I4 and I12.
    function _periodsGoOnByOne() private view {
        IGridVault.Status memory status = _vault.status();
        vm.assertEq(status.nextPeriod, FIRST_PERIOD + _life.periods(), "next period");
        vm.assertEq(status.nextInterval, _life.nextInterval(), "next interval");
        vm.assertEq(status.settledUntil, _life.settledUntil(), "settled until");
        vm.assertEq(status.link, _life.expectedLink(), "link");
        vm.assertEq(status.registryHead, _life.history(), "history");
        vm.assertEq(status.pausedUntil, _life.pausedUntil(), "paused until");
        vm.assertEq(status.nextPause, _life.nextPause(), "next pause");
    }

    /// @dev I11: every set that was taken has homes by rising id, minimums that can be met, and no class that certifies alone.
    function _setsAreFair() private view {
        IRegistry.ValidatorSet[] memory sets = _vault.validatorSets();
        for (uint256 i; i < sets.length; ++i) {
            IRegistry.ValidatorSet memory set = sets[i];
            if (i > 0) vm.assertGe(set.since, sets[i - 1].since, "sets follow one another");
            uint256[3] memory members;
            for (uint256 k; k < set.validators.length; ++k) {
                if (k > 0) vm.assertGe(set.validators[k].home, set.validators[k - 1].home + 1, "rising");
                ++members[uint256(set.validators[k].class)];
            }
            uint256 need;
            while (3 * need <= 2 * set.validators.length) ++need;
            for (uint256 k; k < 3; ++k) vm.assertGe(members[k], set.minimums[k], "minimum");
            uint256 others = members[1] + members[2];
            vm.assertTrue(others < need || set.minimums[0] > 0, "others alone");
            vm.assertTrue(others == 0 || members[0] < need || set.minimums[1] + set.minimums[2] > 0, "homes alone");
        }
    }

    function _steps() private pure returns (bytes4[] memory steps) {
        bytes4[16] memory all = [
            StreetLife.deposit.selector,
            StreetLife.depositWide.selector,
            StreetLife.donate.selector,
            StreetLife.propose.selector,
            StreetLife.proposeWrong.selector,
            StreetLife.proposeUncertified.selector,
            StreetLife.replay.selector,
            StreetLife.finalize.selector,
            StreetLife.finalizeOther.selector,
            StreetLife.expire.selector,
            StreetLife.wait.selector,
            StreetLife.request.selector,
            StreetLife.pay.selector,
            StreetLife.register.selector,
            StreetLife.rotate.selector,
            StreetLife.leaveStreet.selector
        ];
        bytes4[9] memory guarded = [
            GuardedLife.pause.selector,
            GuardedLife.unpause.selector,
            GuardedLife.guardByAnother.selector,
            GuardedLife.veto.selector,
            GuardedLife.challenge.selector,
            GuardedLife.proposeRefused.selector,
            GuardedLife.depositWithPermit.selector,
            GuardedLife.requestFor.selector,
            GuardedLife.withdrawNow.selector
        ];
        steps = new bytes4[](all.length + guarded.length + 10);
        for (uint256 i; i < all.length; ++i) steps[i] = all[i];
        for (uint256 i; i < guarded.length; ++i) steps[16 + i] = guarded[i];
        steps[25] = StreetLife.nameValidators.selector;
        // Most lives go on from one period to the next.
        (steps[26], steps[27], steps[28]) = (StreetLife.propose.selector, StreetLife.finalize.selector, StreetLife.wait.selector);
        steps[34] = StreetLife.repay.selector;
        (steps[29], steps[30]) = (StreetLife.finalize.selector, StreetLife.request.selector);
        (steps[31], steps[32], steps[33]) = (StreetLife.redirect.selector, StreetLife.namePayee.selector, StreetLife.payNeeded.selector);
    }

    function _things() private pure returns (string[59] memory) {
        return [
            "deposit",
            "deposit refused",
            "deposit wide",
            "donate",
            "propose",
            "propose too much",
            "wrong proposal",
            "wrong certificate",
            "replay",
            "finalize",
            "finalize early",
            "finalize refused",
            "finalize with a debt",
            "finalize at the supplier's cost",
            "repay",
            "repay nothing",
            "finalize other",
            "expire",
            "expire early",
            "wait",
            "request",
            "request refused",
            "pay settled",
            "pay by escape",
            "pay early",
            "pay nothing",
            "register",
            "rotate",
            "leave",
            "name validators",
            "unfair validators",
            "pay while paused",
            "stopped by a pause",
            "pause",
            "pause refused",
            "unpause",
            "unpause refused",
            "not the guardian",
            "veto",
            "challenge",
            "challenge refused",
            "refused proposal",
            "deposit with permit",
            "request carried",
            "withdraw now",
            "request wide",
            "request wide carried",
            "request of nobody",
            "pay wide",
            "pay wide beside a proposal",
            "pay needed",
            "pay needed by escape",
            "withdraw now wide",
            "redirect",
            "redirect carried",
            "redirect refused",
            "payee named",
            "payee passed on",
            "payee refused"
        ];
    }

    function _rethrow(bytes memory refusal) private pure {
        assembly ("memory-safe") {
            revert(add(refusal, 32), mload(refusal))
        }
    }
}
