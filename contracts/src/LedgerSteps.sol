// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "./IDisputes.sol";
import {Openings} from "./Openings.sol";

/// @title How an account moves from one interval to the next
/// @notice The rule of engine/settlement/settle.ts, for one home: what it traded two intervals before, what its meter says beyond that
/// at the utility's two prices, and what it pays for orders that it withheld. Energy in Wh, money in nano-currency, both exact.
library LedgerSteps {
    /// @dev The vault's unit in nano-currency.
    int256 private constant NANO_PER_TICK = 100_000;
    /// @dev What a batch's lane holds.
    int256 private constant LANE_MIN = -(2 ** 31);
    int256 private constant LANE_MAX = 2 ** 31 - 1;
    /// @dev No home moves more between two readings.
    int256 private constant MOST_WH = 100_000_000;
    /// @dev The charge is said in micro-currency.
    uint256 private constant NANO_PER_MICRO = 1000;

    /// @dev What the next batch carries for an account: its balance rounded down, without what earlier ones carried, as far as it fits.
    function dueTicks(IDisputes.Account memory account) internal pure returns (int256) {
        int256 ticks = account.balance / NANO_PER_TICK;
        if (account.balance % NANO_PER_TICK < 0) --ticks;
        int256 due = ticks - account.carriedTicks;
        if (due < LANE_MIN) return LANE_MIN;
        return due > LANE_MAX ? LANE_MAX : due;
    }

    /// @dev Whether the account of `shown.home` is another after `shown.step` than the rule says. The results have been opened, and the
    /// numbers are the rules'.
    function isWrong(IDisputes.LedgerStepProof memory shown) internal pure returns (bool) {
        (IDisputes.Account memory earlier, bool had, bool settles) = _earlier(shown);
        bool has = Openings.hasAccount(shown.results[shown.step].ledgerRoot, shown.home, shown.later);
        IDisputes.Home memory traded;
        bool hasTraded = settles && _hasTraded(shown);
        if (hasTraded) traded = shown.traded.leaf;
        if (!has) return had || hasTraded;
        IDisputes.Account memory later = shown.later.leaf;
        if (!Openings.isSane(earlier) || !Openings.isSane(later) || !Openings.isSane(traded)) return true;
        return !_follows(shown, earlier, later, traded, settles);
    }

    /// @dev The account before, zeros if there was none, and whether the step settles an interval.
    function _earlier(
        IDisputes.LedgerStepProof memory shown
    ) private pure returns (IDisputes.Account memory account, bool had, bool settles) {
        if (shown.step >= shown.results.length) revert IDisputes.ProofInvalid();
        if (shown.results[shown.step].prevHead == 0) return (account, false, false);
        if (shown.results.length - shown.step < 2) revert IDisputes.ProofInvalid();
        IDisputes.Result memory before = shown.results[shown.step + 1];
        had = Openings.hasAccount(before.ledgerRoot, shown.home, shown.earlier);
        if (had) account = shown.earlier.leaf;
        settles = before.prevHead != 0;
    }

    function _hasTraded(IDisputes.LedgerStepProof memory shown) private pure returns (bool) {
        if (shown.results.length - shown.step < 3) revert IDisputes.ProofInvalid();
        Openings.requireClearing(shown.results[shown.step + 2], shown.clearing);
        return Openings.hasTraded(shown.clearing, shown.home, shown.traded);
    }

    function _follows(
        IDisputes.LedgerStepProof memory shown,
        IDisputes.Account memory earlier,
        IDisputes.Account memory later,
        IDisputes.Home memory traded,
        bool settles
    ) private pure returns (bool) {
        uint256 interval = shown.results[shown.step].interval;
        bool isRead = later.metered == 1 && later.interval + Openings.SETTLE_LAG == interval;
        (uint256 utilityImport, uint256 utilityExport) = (0, 0);
        if (settles && isRead) (utilityImport, utilityExport) = _deviations(shown.numbers, earlier, later, traded);
        int256 amount = traded.tradeAmount + int256(utilityExport * shown.numbers.exportPrice);
        amount -= int256(utilityImport * shown.numbers.importPrice);
        amount -= int256(traded.withheld * shown.numbers.withheldCharge * NANO_PER_MICRO);
        bool isEnergyRight = later.bought == earlier.bought + traded.bought &&
            later.sold == earlier.sold + traded.sold &&
            later.utilityImport == earlier.utilityImport + utilityImport &&
            later.utilityExport == earlier.utilityExport + utilityExport;
        return
            isEnergyRight &&
            later.balance == earlier.balance + amount &&
            later.carriedTicks == earlier.carriedTicks + _carried(shown.numbers, earlier, interval) &&
            _isMeterRight(earlier, later, traded, isRead);
    }

    /// @dev What the utility covers; nothing where the meter can't tell: the home is taken at its word.
    function _deviations(
        IDisputes.Numbers memory numbers,
        IDisputes.Account memory earlier,
        IDisputes.Account memory later,
        IDisputes.Home memory traded
    ) private pure returns (uint256 utilityImport, uint256 utilityExport) {
        if (earlier.metered == 0) return (0, 0);
        int256 imported = int256(later.importWh) - int256(earlier.importWh);
        int256 exported = int256(later.exportWh) - int256(earlier.exportWh);
        int256 most = (int256(later.interval) - int256(earlier.interval)) * int256(numbers.maxOrderWh * numbers.maxOrdersPerHome);
        if (most > MOST_WH) most = MOST_WH;
        if (imported < 0 || exported < 0 || imported > most || exported > most) return (0, 0);
        int256 moreImport = imported - int256(earlier.assumedImportWh) - int256(traded.bought);
        int256 moreExport = exported - int256(earlier.assumedExportWh) - int256(traded.sold);
        utilityImport = _above(moreImport) + _above(-moreExport);
        utilityExport = _above(moreExport) + _above(-moreImport);
    }

    /// @dev What the batch carried that the interval before closed, if it closed one.
    function _carried(
        IDisputes.Numbers memory numbers,
        IDisputes.Account memory earlier,
        uint256 interval
    ) private pure returns (int256) {
        // The last interval of a period is settled two intervals later, and its batch is seen in the accounts of the one after.
        bool isAfterClose = (interval + numbers.periodIntervals - Openings.SETTLE_LAG) % numbers.periodIntervals == 0;
        return isAfterClose ? dueTicks(earlier) : int256(0);
    }

    function _isMeterRight(
        IDisputes.Account memory earlier,
        IDisputes.Account memory later,
        IDisputes.Home memory traded,
        bool isRead
    ) private pure returns (bool) {
        if (isRead) return later.assumedImportWh == 0 && later.assumedExportWh == 0;
        if (earlier.metered == 0) return later.metered == 0;
        return
            later.metered == 1 &&
            later.interval == earlier.interval &&
            later.importWh == earlier.importWh &&
            later.exportWh == earlier.exportWh &&
            later.assumedImportWh == earlier.assumedImportWh + traded.bought &&
            later.assumedExportWh == earlier.assumedExportWh + traded.sold;
    }

    function _above(int256 value) private pure returns (uint256) {
        return value > 0 ? uint256(value) : 0;
    }
}
