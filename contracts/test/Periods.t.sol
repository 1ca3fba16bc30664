// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {Reference} from "./Reference.sol";
import {Street} from "./Street.sol";

/// @title Periods: propose, finalize, expire
contract PeriodsTest is Street {
    uint256 private constant HOMES = 20;

    function setUp() external {
        _open(HOMES, 4);
        for (uint256 home; home < HOMES; ++home) _deposit(home, 1_000);
        _depositWide(0, 500_000);
    }

    /// @dev Any changes that everybody can bear settle as a loop over homes would settle them.
    function testFuzz_settlesLikeALoopOverHomes(int16[20] calldata drawn, uint256 homes) external {
        homes = _bound(homes, 0, HOMES);
        int256[] memory changes = new int256[](homes);
        for (uint256 home; home < homes; ++home) changes[home] = drawn[home] < 0 ? int256(drawn[home]) % 1_001 : int256(drawn[home]);
        int256 supplier = 500_000;
        for (uint256 home; home < homes; ++home) supplier -= changes[home];
        vm.assume(supplier >= 0);
        _settle(_batch(changes));
        for (uint256 home; home < HOMES; ++home) {
            int256 expected = home < homes ? 1_000 + changes[home] : int256(1_000);
            vm.assertEq(vault.balanceOf(uint32(home)), uint256(expected), "balance");
        }
        vm.assertEq(vault.wideBalance(0), uint256(supplier), "supplier");
        _assertSolvent();
    }

    /// @dev What moves money nowhere is refused, however little it is.
    function testFuzz_refusesWhatDoesNotAddUp(int16[20] calldata drawn, int32 off) external {
        vm.assume(off != 0);
        int256[] memory changes = new int256[](HOMES);
        int256 rest = off;
        for (uint256 home; home < HOMES; ++home) {
            changes[home] = drawn[home];
            rest -= changes[home];
        }
        Batch memory batch = _batch(Reference.vector(changes), Reference.wide(0, rest));
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 3);
        _refuse(abi.encodeWithSelector(IGridVault.NotConserved.selector, int256(off)));
        _propose(batch, cert);
    }

    /// @dev Whoever fills a home up between proposal and settlement leaves room for what the street owes it.
    function test_depositsDontStopASettlement() external {
        int256[] memory changes = new int256[](HOMES);
        (changes[0], changes[1]) = (-1, 1);
        Batch memory batch = _batch(changes);
        _propose(batch);
        _deposit(1, 2 ** 30 - 1 - vault.balanceOf(1));
        vm.warp(block.timestamp + WINDOW);
        _finalize(batch);
        vm.assertEq(vault.balanceOf(1), 2 ** 30, "settled on top");
    }

    function test_nobodyRisesAboveTheMost() external {
        _depositWide(0, 2 ** 31);
        int256[] memory changes = new int256[](HOMES);
        changes[9] = Reference.LARGEST - 999;
        Batch memory batch = _batch(changes);
        _propose(batch);
        vm.warp(block.timestamp + WINDOW);
        _refuse(abi.encodeWithSelector(IGridVault.LaneOverflow.selector, 1));
        _finalize(batch);
    }

    function test_wideAccountsStayInTheirRange() external {
        Batch memory low = _batch("", abi.encodePacked(Reference.wide(0, -500_001), Reference.wide(3, 500_001)));
        _propose(low);
        vm.warp(block.timestamp + WINDOW);
        _refuse(abi.encodeWithSelector(IGridVault.WideUnderflow.selector, 0, 1));
        _finalize(low);
    }

    function test_aWideAccountIsFull() external {
        _fillWide(3);
        Batch memory high = _batch("", abi.encodePacked(Reference.wide(0, -1), Reference.wide(3, 1)));
        _propose(high);
        vm.warp(block.timestamp + WINDOW);
        _refuse(abi.encodeWithSelector(IEscrow.WideOverflow.selector, 3));
        _finalize(high);
        vm.prank(BANK);
        _refuse(abi.encodeWithSelector(IEscrow.WideOverflow.selector, 3));
        vault.depositWide(3, TICK);
    }

    function testFuzz_onlyTheNextPeriod(uint64 period) external {
        vm.assume(period != FIRST_PERIOD);
        Batch memory batch = _emptyBatch();
        batch.period.period = period;
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.WrongPeriod.selector, FIRST_PERIOD, period));
    }

    function testFuzz_onlyWhatContinuesTheChain(bytes32 link) external {
        vm.assume(link != FIRST_LINK);
        Batch memory batch = _emptyBatch();
        batch.period.prevPeriod = link;
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.WrongLink.selector, FIRST_LINK, link));
    }

    function testFuzz_intervalsFollowOneAnother(uint64 from, uint64 to) external {
        _settle(_emptyBatch());
        uint64 next = FIRST_INTERVAL + 96;
        vm.assume(from != next || to < from);
        Batch memory batch = _emptyBatch();
        (batch.period.fromInterval, batch.period.toInterval) = (from, to);
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.BadIntervalRange.selector));
    }

    function test_theLastIntervalHasNoNextOne() external {
        Batch memory batch = _emptyBatch();
        batch.period.toInterval = type(uint48).max;
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.BadIntervalRange.selector));
    }

    function testFuzz_timeDoesNotRunBack(uint64 back) external {
        _settle(_emptyBatch());
        Batch memory batch = _emptyBatch();
        batch.period.coversUntil = uint64(_bound(back, 0, vault.settledUntil() - 1));
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.BadIntervalRange.selector));
    }

    function testFuzz_theStreetsClockIsAheadSoFar(uint64 ahead) external {
        Batch memory batch = _emptyBatch();
        batch.period.coversUntil = uint64(_bound(ahead, block.timestamp + AHEAD + 1, type(uint64).max));
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.FutureCover.selector));
        batch.period.coversUntil = uint64(block.timestamp + AHEAD);
        _propose(batch);
    }

    function test_oneProposalAtATime() external {
        Batch memory batch = _emptyBatch();
        _propose(batch);
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.ProposalOpen.selector));
    }

    function testFuzz_otherBytesThanTheCertifiedOnes(bytes calldata other) external {
        vm.assume(other.length > 0);
        Batch memory batch = _emptyBatch();
        batch.vector = other;
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.VectorMismatch.selector));
        batch = _emptyBatch();
        batch.wide = other;
        _refuseProposal(batch, abi.encodeWithSelector(IGridVault.VectorMismatch.selector));
    }

    function testFuzz_finalizeTakesWhatWasProposedAndNothingElse(bytes32 other) external {
        Batch memory batch = _emptyBatch();
        _refuse(IGridVault.NoProposal.selector);
        _finalize(batch);
        _propose(batch);
        vm.warp(block.timestamp + WINDOW);
        Batch memory changed = _emptyBatch();
        changed.period = _copy(batch.period);
        changed.period.dataHash = other;
        vm.assume(other != batch.period.dataHash);
        _refuse(IGridVault.ProposalMismatch.selector);
        _finalize(changed);
        _refuse(IGridVault.VectorMismatch.selector);
        vault.finalize(batch.period, hex"00", batch.wide);
        _refuse(IGridVault.VectorMismatch.selector);
        vault.finalize(batch.period, batch.vector, hex"00");
        _finalize(batch);
        _refuse(IGridVault.NoProposal.selector);
        _finalize(batch);
    }

    function testFuzz_notBeforeItsWindowIsOver(uint256 wait) external {
        Batch memory batch = _emptyBatch();
        _propose(batch);
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start + _bound(wait, 0, WINDOW - 1));
        _refuse(abi.encodeWithSelector(IGridVault.WindowOpen.selector, uint64(start + WINDOW)));
        _finalize(batch);
        vm.warp(start + WINDOW);
        _finalize(batch);
    }

    function testFuzz_expiresAfterItsTimeAndNotBefore(uint256 wait) external {
        Batch memory batch = _emptyBatch();
        _refuse(IGridVault.NoProposal.selector);
        vault.expire(batch.period);
        _propose(batch);
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start + _bound(wait, 0, WINDOW + TTL - 1));
        _refuse(abi.encodeWithSelector(IGridVault.ProposalFresh.selector, uint64(start + WINDOW + TTL)));
        vault.expire(batch.period);
        vm.warp(start + WINDOW + TTL);
        bytes32 signed = vault.digest(batch.period);
        vm.expectEmit();
        emit IGridVault.ProposalExpired(FIRST_PERIOD, signed);
        vault.expire(batch.period);
        IGridVault.Status memory status = vault.status();
        vm.assertEq(status.proposal, 0, "nothing open");
        vm.assertEq(status.link, FIRST_LINK, "the link is put back");
        vm.assertEq(status.nextInterval, 0, "the first period may begin anywhere");
        _settle(_emptyBatch());
    }

    function test_saysWhatHappened() external {
        int256[] memory changes = new int256[](HOMES);
        (changes[0], changes[19]) = (-7, 7);
        Batch memory batch = _batch(changes);
        bytes32 signed = vault.digest(batch.period);
        bytes memory cert = _certificate(signed, 0, 3);
        vm.expectEmit();
        emit IGridVault.PeriodProposed(FIRST_PERIOD, signed);
        _propose(batch, cert);
        IGridVault.Status memory open = vault.status();
        vm.assertEq(open.proposal, signed, "open");
        vm.assertEq(open.link, _structHash(batch.period), "by its own hash");
        vm.assertEq(open.finalizableAt, block.timestamp + WINDOW, "until");
        vm.assertEq(open.nextInterval, FIRST_INTERVAL, "its members are fixed");
        vm.warp(block.timestamp + WINDOW);
        vm.expectEmit();
        emit IGridVault.PeriodSettled(FIRST_PERIOD, batch.period.head, signed, batch.period.coversUntil);
        _finalize(batch);
        IGridVault.Status memory settled = vault.status();
        vm.assertEq(settled.nextPeriod, FIRST_PERIOD + 1, "next period");
        vm.assertEq(settled.nextInterval, FIRST_INTERVAL + 96, "next interval");
        vm.assertEq(settled.settledUntil, batch.period.coversUntil, "settled until");
        vm.assertEq(settled.link, _structHash(batch.period), "link");
        vm.assertEq(settled.proposal, 0, "nothing open");
        vm.assertEq(settled.finalizableAt, 0, "no window");
        vm.assertEq(settled.homeCount, HOMES, "homes");
        vm.assertEq(settled.registryHead, vault.registryHead(), "registry");
    }

    /// @dev A certified period of certified bytes is refused with this error.
    function _refuseProposal(Batch memory batch, bytes memory refusal) private {
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 3);
        _refuse(refusal);
        _propose(batch, cert);
    }

    /// @dev As full as a wide account gets; no token has so much.
    function _fillWide(uint8 id) private {
        vm.store(address(vault), keccak256(abi.encode(uint256(id), _wideSlot())), bytes32(uint256(type(uint128).max)));
        vm.assertEq(vault.wideBalance(id), type(uint128).max, "full");
    }

    /// @dev Where the mapping of wide accounts lies: found by looking, so that no layout is written down here.
    function _wideSlot() private view returns (uint256 slot) {
        for (; slot < 4_000; ++slot) {
            if (uint256(vm.load(address(vault), keccak256(abi.encode(uint256(0), slot)))) == vault.wideBalance(0)) return slot;
        }
        revert("no mapping holds the supplier's balance");
    }

    function _copy(IGridVault.Period memory p) private pure returns (IGridVault.Period memory) {
        return abi.decode(abi.encode(p), (IGridVault.Period));
    }
}
