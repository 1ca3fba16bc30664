// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Reference} from "./Reference.sol";
import {Street} from "./Street.sol";

/// @title Homes that lack money for a period
contract DebtsTest is Street {
    uint256 private constant HOMES = 20;
    uint8 private constant SUPPLIER = 0;
    uint8 private constant GRID = 1;
    address private constant PURSE = address(0x9125e);

    function setUp() external {
        _open(HOMES, 4);
        for (uint256 home; home < HOMES; ++home) _deposit(home, 1_000);
        _depositWide(SUPPLIER, 500_000);
        _namePayee(SUPPLIER);
    }

    /// @dev Any changes at all: who lacks money has none left and owes the rest, and the supplier bears it.
    function testFuzz_settlesLikeALoopOverHomes(int24[20] calldata drawn, uint256 homes) external {
        homes = _bound(homes, 0, HOMES);
        int256[] memory changes = new int256[](homes);
        int256 supplier = 500_000;
        for (uint256 home; home < homes; ++home) {
            changes[home] = drawn[home] % 20_000;
            int256 next = 1_000 + changes[home];
            // What a home gains the supplier loses, and of what it loses the supplier gets what there is.
            supplier += 1_000 - (next < 0 ? int256(0) : next);
        }
        Batch memory batch = _batch(changes);
        _settle(batch);
        for (uint256 home; home < HOMES; ++home) {
            int256 next = 1_000 + (home < homes ? changes[home] : int256(0));
            vm.assertEq(vault.balanceOf(uint32(home)), next < 0 ? 0 : uint256(next), "balance");
            vm.assertEq(_debtOf(home), next < 0 ? uint256(-next) : 0, "debt");
        }
        vm.assertEq(vault.wideBalance(SUPPLIER), uint256(supplier), "supplier");
        _assertSolvent();
    }

    /// @dev The largest and smallest balances and changes in one word, each in each lane.
    function testFuzz_extremesSideBySide(uint256 seed) external {
        uint256[4] memory held = [uint256(0), 1, 2 ** 30 - 1, 1_000];
        int256[6] memory edges = [Reference.SMALLEST, Reference.SMALLEST + 1, -1, 0, 1, 2 ** 30];
        _depositWide(SUPPLIER, 2 ** 40);
        int256[] memory changes = new int256[](HOMES);
        uint256[] memory before = new uint256[](HOMES);
        for (uint256 home; home < HOMES; ++home) {
            before[home] = held[_draw(seed, home) % 4];
            if (before[home] > 1_000) _deposit(home, before[home] - 1_000);
            else _takeOut(home, 1_000 - before[home]);
            changes[home] = edges[_draw(seed, 100 + home) % 6];
        }
        _settle(_batch(changes));
        for (uint256 home; home < HOMES; ++home) {
            int256 next = int256(before[home]) + changes[home];
            vm.assertEq(vault.balanceOf(uint32(home)), next < 0 ? 0 : uint256(next), "balance");
            vm.assertEq(_debtOf(home), next < 0 ? uint256(-next) : 0, "debt");
        }
        _assertSolvent();
    }

    /// @dev One home above the most stops the settlement still, and what others owe isn't kept.
    function test_aFloorIsNoCeiling() external {
        _depositWide(SUPPLIER, 2 ** 31);
        int256[] memory changes = new int256[](HOMES);
        (changes[8], changes[9]) = (-1_001, Reference.LARGEST - 999);
        Batch memory batch = _batch(changes);
        _propose(batch);
        vm.warp(block.timestamp + WINDOW);
        _refuse(abi.encodeWithSelector(IGridVault.LaneOverflow.selector, 1));
        _finalize(batch);
        vm.assertEq(vault.balanceOf(8), 1_000, "balance");
        vm.assertEq(_debtOf(8), 0, "debt");
    }

    /// @dev What one home lacks and others are to get the supplier pays, to its last tick and no further.
    function testFuzz_theSupplierBearsItOrNobody(uint256 lacking, bool names) external {
        lacking = _bound(lacking, 499_000, 501_000);
        int256[] memory changes = new int256[](HOMES);
        changes[3] = -1_000 - int256(lacking);
        changes[11] = 1_000;
        bytes memory others = Reference.wide(GRID, int256(lacking));
        Batch memory batch = _batch(Reference.vector(changes), names ? bytes.concat(Reference.wide(SUPPLIER, 0), others) : others);
        _propose(batch);
        vm.warp(block.timestamp + WINDOW);
        if (lacking > 500_000) {
            _refuse(abi.encodeWithSelector(IGridVault.WideUnderflow.selector, SUPPLIER, lacking - 500_000));
            _finalize(batch);
            vm.assertEq(vault.balanceOf(3), 1_000, "nothing moved");
            vm.assertEq(_debtOf(3), 0, "nothing owed");
            _depositWide(SUPPLIER, lacking - 500_000);
        }
        vm.expectEmit();
        emit IEscrow.DebtIncurred(3, lacking);
        _finalize(batch);
        vm.assertEq(vault.wideBalance(SUPPLIER), lacking < 500_000 ? 500_000 - lacking : 0, "supplier");
        vm.assertEq(vault.wideBalance(GRID), lacking, "who was owed it");
        vm.assertEq(vault.balanceOf(11), 2_000, "who was owed the rest");
        vm.assertEq(_debtOf(3), lacking, "debt");
        _assertSolvent();
    }

    /// @dev Debts of several periods add up, beyond what a home may hold.
    function test_debtsAddUp() external {
        int256[] memory changes = new int256[](HOMES);
        for (uint256 home = 4; home < 8; ++home) changes[home] = Reference.SMALLEST;
        for (uint256 times = 1; times <= 3; ++times) {
            _settle(_batch(changes));
            for (uint256 home = 4; home < 8; ++home) vm.assertEq(_debtOf(home), times * 2 ** 31 - 1_000, "debt");
        }
        vm.assertEq(_debtOf(3), 0, "not its neighbours");
        vm.assertEq(_debtOf(8), 0, "on either side");
        vm.assertEq(vault.wideBalance(SUPPLIER), 504_000, "the supplier has what there was");
        _assertSolvent();
    }

    /// @dev Paid back by the next deposit, by whoever makes it, before the home has anything.
    function testFuzz_aDepositPaysFirst(uint256 debt, uint256 paid) external {
        debt = _owe(5, _bound(debt, 1, 400_000));
        paid = _bound(paid, 1, 500_000);
        uint256 repaid = paid < debt ? paid : debt;
        vm.expectEmit();
        emit IEscrow.Deposited(5, BANK, paid);
        vm.expectEmit();
        emit IEscrow.DebtRepaid(5, repaid);
        _deposit(5, paid);
        _assertRepaid(5, debt, repaid, paid - repaid);
    }

    function testFuzz_aPermitPaysFirst(uint256 paid) external {
        _owe(5, 300);
        paid = _bound(paid, 1, 600);
        (uint8 v, bytes32 r, bytes32 s) = _permit(5, paid * TICK);
        vault.depositWithPermit(5, _owner(5), paid * TICK, type(uint256).max, v, r, s);
        uint256 repaid = paid < 300 ? paid : 300;
        _assertRepaid(5, 300, repaid, paid - repaid);
    }

    /// @dev What a home earned waits until anybody has it pay; and again, and nothing more.
    function testFuzz_anybodyMayHaveItPay(address by, uint256 earned) external {
        _owe(5, 300);
        earned = _bound(earned, 1, 600);
        _earn(5, earned);
        vm.assertEq(vault.balanceOf(5), earned, "earned");
        uint256 repaid = earned < 300 ? earned : 300;
        vm.expectEmit();
        emit IEscrow.DebtRepaid(5, repaid);
        vm.prank(by);
        vault.repay(5);
        vm.prank(by);
        vault.repay(5);
        _assertRepaid(5, 300, repaid, earned - repaid);
        vm.prank(by);
        vault.repay(6);
        vm.assertEq(vault.balanceOf(6), 1_000, "who owes nothing pays nothing");
    }

    /// @dev Asked for is what the debt leaves.
    function testFuzz_nobodyAsksForWhatItOwes(uint256 earned, bool isCarried) external {
        _owe(5, 300);
        earned = _bound(earned, 300, 900);
        _earn(5, earned);
        uint256 free = earned - 300;
        uint64 more = uint64(free + 1);
        bytes memory signature = _signature(_ownerKey(5), _typed(_withdrawHash(5, PURSE, more, 0, 0, type(uint256).max)));
        _refuse(abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, free, more));
        if (isCarried) vault.requestWithdrawFor(5, PURSE, more, 0, type(uint256).max, signature);
        else _request(5, PURSE, more);
        if (free == 0) return;
        _request(5, PURSE, free);
        _assertRepaid(5, 300, 300, free);
    }

    /// @dev What was asked for before is paid after the debt, by the escape as well, paused or not.
    function testFuzz_theEscapePaysTheDebtFirst(uint256 asked, uint256 earned, bool isPaused) external {
        asked = _bound(asked, 1, 1_000);
        earned = _bound(earned, 0, 900);
        _request(5, PURSE, asked);
        _owe(5, 300);
        if (earned > 0) _earn(5, earned);
        vm.warp(vm.getBlockTimestamp() + ESCAPE);
        vm.prank(GUARDIAN);
        if (isPaused) vault.pause(1 hours);
        vault.finalizeWithdraw(5);
        uint256 repaid = earned < 300 ? earned : 300;
        uint256 paid = asked < earned - repaid ? asked : earned - repaid;
        vm.assertEq(token.balanceOf(PURSE), paid * TICK, "paid");
        _assertRepaid(5, 300, repaid, earned - repaid - paid);
    }

    function testFuzz_atOnceIsPaidWhatTheDebtLeaves(uint256 earned) external {
        _owe(5, 300);
        earned = _bound(earned, 301, 900);
        _earn(5, earned);
        uint64 period = vault.nextPeriod();
        _withdrawNow(earned - 299, period, abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, earned - 300, earned - 299));
        _withdrawNow(earned - 300, period, "");
        vm.assertEq(token.balanceOf(PURSE), (earned - 300) * TICK, "paid");
        _assertRepaid(5, 300, 300, 0);
    }

    /// @dev Homes that take their money between proposal and settlement keep nobody from it: the supplier stays until it is settled.
    function testFuzz_aThiefStopsNobody(uint256 used) external {
        used = _bound(used, 1, 1_000_000);
        vm.warp(block.timestamp + 1);
        _request(5, PURSE, 1_000);
        _requestWide(SUPPLIER, PURSE, 500_000);
        vm.warp(block.timestamp + ESCAPE);
        int256[] memory changes = new int256[](6);
        (changes[4], changes[5]) = (10, -int256(used));
        Batch memory batch = _batch(changes);
        _propose(batch);
        vault.finalizeWithdraw(5);
        _refuse(abi.encodeWithSelector(IEscrow.WideNeeded.selector, SUPPLIER));
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.warp(block.timestamp + WINDOW);
        _finalize(batch);
        vm.assertEq(vault.balanceOf(4), 1_010, "settled");
        vm.assertEq(_debtOf(5), used, "debt");
        vm.assertEq(vault.wideBalance(SUPPLIER), 499_990, "the supplier is owed it");
        vault.finalizeWithdraw(FIRST_WIDE);
        _assertSolvent();
    }

    function testFuzz_onlyHomesRepay(uint32 id) external {
        id = uint32(_bound(id, HOMES, type(uint32).max));
        _refuse(abi.encodeWithSelector(IRegistry.UnknownAccount.selector, uint256(id)));
        vault.repay(id);
    }

    function test_aPauseStopsIt() external {
        _owe(5, 300);
        _earn(5, 100);
        vm.prank(GUARDIAN);
        vault.pause(1 hours);
        _refuse(abi.encodeWithSelector(IGridVault.VaultPaused.selector, uint64(block.timestamp + 1 hours)));
        vault.repay(5);
        vm.warp(block.timestamp + 1 hours);
        vault.repay(5);
        _assertRepaid(5, 300, 100, 0);
    }

    /// @dev From now on the home has nothing and owes so much.
    function _owe(uint256 home, uint256 debt) private returns (uint256) {
        int256[] memory changes = new int256[](home + 1);
        changes[home] = -int256(vault.balanceOf(uint32(home)) + debt);
        _settle(_batch(changes));
        vm.assertEq(_debtOf(home), debt, "owes");
        return debt;
    }

    function _earn(uint256 home, uint256 ticks) private {
        int256[] memory changes = new int256[](home + 1);
        changes[home] = int256(ticks);
        _settle(_batch(changes));
    }

    function _takeOut(uint256 home, uint256 ticks) private {
        if (ticks == 0) return;
        int256[] memory changes = new int256[](home + 1);
        changes[home] = -int256(ticks);
        _settle(_batch(changes));
    }

    /// @dev Of a home that had nothing and owed `debt`; the supplier has all that is neither the homes' nor paid out.
    function _assertRepaid(uint256 home, uint256 debt, uint256 repaid, uint256 rest) private view {
        vm.assertEq(_debtOf(home), debt - repaid, "debt");
        vm.assertEq(vault.balanceOf(uint32(home)), rest, "rest");
        _assertSolvent();
    }

    function _withdrawNow(uint256 ticks, uint64 period, bytes memory refusal) private {
        bytes32 signed = _typed(_withdrawNowHash(5, PURSE, ticks, 0, period, type(uint256).max));
        bytes memory signature = _signature(_ownerKey(5), signed);
        bytes memory cert = _certificate(signed, 0, 3);
        if (refusal.length > 0) _refuse(refusal);
        vault.withdrawNow(5, PURSE, uint64(ticks), period, type(uint256).max, signature, cert);
    }
}
