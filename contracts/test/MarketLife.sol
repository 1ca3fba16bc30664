// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {Market} from "./Market.sol";
import {Reference} from "./Reference.sol";
import {Street} from "./Street.sol";

/// @title What honest homes trade and settle, interval by interval
/// @notice The rule of engine/settlement/settle.ts a third time, in the plainest way. Drawn, but for what tests lie about: in the second
/// interval of each period all homes trade, one of them twice, and another's reading of it is lost.
abstract contract MarketLife is Street {
    uint256 internal constant PERIOD_INTERVALS = 4;
    uint256 internal constant TRADERS = 3;
    int256 internal constant NANO_PER_TICK = 100_000;
    bytes32 internal constant REST_OF_RULES = keccak256("all the other rules");
    bytes32 private constant MARKET_DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant ORDER =
        keccak256("Order(uint32 home,uint64 interval,uint8 side,uint32 energyWh,uint32 limitMicroPerKwh,uint32 seq)");

    /// @dev What a home's counters say, if they say anything.
    struct Reading {
        bool isThere;
        uint256 importWh;
        uint256 exportWh;
    }

    /// @dev The first is always read, the second not always, the third never.
    function _trader(uint256 index) internal pure returns (uint256) {
        return [1, 2, 5][index];
    }

    function _numbers() internal pure returns (IDisputes.Numbers memory) {
        return
            IDisputes.Numbers({
                importPrice: 300_000,
                exportPrice: 80_000,
                maxOrderWh: 30_000_000,
                maxOrdersPerHome: 2,
                withheldCharge: 50_000,
                periodIntervals: PERIOD_INTERVALS
            });
    }

    function _rulesHash() internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(_numbers())), REST_OF_RULES));
    }

    /// @dev What a home signs under an order.
    function _orderDigest(IDisputes.Fill memory fill, uint256 interval) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(MARKET_DOMAIN, keccak256("Commonwatt"), keccak256("1"), block.chainid, address(vault), _rulesHash())
        );
        bytes32 order = keccak256(abi.encode(ORDER, fill.home, interval, fill.side, fill.wanted, fill.limit, fill.seq));
        return keccak256(abi.encodePacked(hex"1901", domain, order));
    }

    /// @dev The fill names its order as it now is, signed with this key.
    function _signFill(IDisputes.Fill memory fill, uint256 interval, uint256 key) internal view {
        fill.order = _orderDigest(fill, interval);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, fill.order);
        (fill.v, fill.r, fill.s) = (v, r, s);
    }

    /// @dev `count` intervals from a street's first one on.
    function _life(uint256 seed, uint256 first, uint256 count) internal view returns (Market.Moment[] memory all) {
        all = new Market.Moment[](count);
        IDisputes.Account[] memory book = new IDisputes.Account[](TRADERS);
        for (uint256 i; i < count; ++i) {
            all[i].interval = first + i;
            _trade(all[i], _draw(seed, i));
            for (uint256 t; t < TRADERS; ++t) {
                IDisputes.Home memory traded;
                if (i > 1) traded = _homeIn(all[i - 2].homes, _trader(t));
                book[t] = _settled(book[t], traded, _read(book[t], _draw(seed, 1000 + 10 * i + t), t, first + i), first + i, i > 1);
            }
            all[i].accounts = _inOrder(book);
        }
    }

    /// @dev The account after an interval in which `traded` is settled, if anything is.
    function _settled(
        IDisputes.Account memory before,
        IDisputes.Home memory traded,
        Reading memory reading,
        uint256 interval,
        bool settles
    ) internal pure returns (IDisputes.Account memory account) {
        account = abi.decode(abi.encode(before), (IDisputes.Account));
        if (settles && reading.isThere && before.metered == 1) _coverDeviation(account, traded, reading, interval);
        account.bought += traded.bought;
        account.sold += traded.sold;
        account.balance += traded.tradeAmount - int256(traded.withheld * _numbers().withheldCharge * 1000);
        // The batch that closed with the interval before.
        if (interval % PERIOD_INTERVALS == 2) account.carriedTicks += _dueTicks(before);
        if (reading.isThere) {
            (account.metered, account.interval) = (1, interval - 2);
            (account.importWh, account.exportWh) = (reading.importWh, reading.exportWh);
            (account.assumedImportWh, account.assumedExportWh) = (0, 0);
        } else if (before.metered == 1) {
            account.assumedImportWh += traded.bought;
            account.assumedExportWh += traded.sold;
        }
    }

    /// @dev The balance in whole ticks, rounded down, less what was carried, as far as a lane holds.
    function _dueTicks(IDisputes.Account memory account) internal pure returns (int256 ticks) {
        int256 rest = ((account.balance % NANO_PER_TICK) + NANO_PER_TICK) % NANO_PER_TICK;
        ticks = (account.balance - rest) / NANO_PER_TICK - account.carriedTicks;
        if (ticks > Reference.LARGEST) ticks = Reference.LARGEST;
        if (ticks < Reference.SMALLEST) ticks = Reference.SMALLEST;
    }

    /// @dev What the meter says beyond trade is the utility's, at its two prices; what it can't have measured is nobody's.
    function _coverDeviation(
        IDisputes.Account memory account,
        IDisputes.Home memory traded,
        Reading memory reading,
        uint256 interval
    ) private pure {
        int256 most = int256(60_000_000 * (interval - 2 - account.interval));
        if (most > 100_000_000) most = 100_000_000;
        int256 taken = int256(reading.importWh) - int256(account.importWh);
        int256 given = int256(reading.exportWh) - int256(account.exportWh);
        if (taken < 0 || taken > most || given < 0 || given > most) return;
        taken -= int256(account.assumedImportWh + traded.bought);
        given -= int256(account.assumedExportWh + traded.sold);
        uint256 covered = uint256(taken > 0 ? taken : int256(0)) + uint256(given < 0 ? -given : int256(0));
        uint256 fed = uint256(given > 0 ? given : int256(0)) + uint256(taken < 0 ? -taken : int256(0));
        account.utilityImport += covered;
        account.utilityExport += fed;
        account.balance += int256(80_000 * fed) - int256(300_000 * covered);
    }

    /// @dev Counters go on by a little, seldom back, or by as much as is still believed, or more.
    function _read(
        IDisputes.Account memory account,
        uint256 drawn,
        uint256 index,
        uint256 interval
    ) private pure returns (Reading memory reading) {
        bool isLost = drawn % (account.metered == 0 ? 2 : 4) == 0 || interval % PERIOD_INTERVALS == 3;
        if (index == 2 || (index == 1 && isLost)) return reading;
        reading = Reading(true, account.importWh + ((drawn >> 8) % 5_000), account.exportWh + ((drawn >> 64) % 5_000));
        if (drawn % 16 < 4 && account.interval > 0 && interval % PERIOD_INTERVALS != 3) {
            uint256[4] memory jumps = [uint256(60_000_000), 60_000_001, 100_000_000, 100_000_001];
            if (drawn % 3 == 0 && account.importWh > 0) reading.importWh = account.importWh - 1;
            else reading.exportWh = account.exportWh + jumps[drawn % 4];
        }
    }

    function _trade(Market.Moment memory moment, uint256 drawn) private view {
        bool isFull = moment.interval % PERIOD_INTERVALS == 1;
        if (!isFull && drawn % 6 == 0) moment.kind = 1;
        uint256[3] memory counts = [uint256(2), 1, 1];
        for (uint256 t; t < TRADERS && !isFull; ++t) counts[t] = moment.kind == 1 ? 0 : (drawn >> (8 + 8 * t)) % 3;
        moment.fills = new IDisputes.Fill[](counts[0] + counts[1] + counts[2]);
        IDisputes.Home[] memory homes = new IDisputes.Home[](TRADERS);
        uint256 next;
        for (uint256 t; t < TRADERS; ++t) {
            homes[t].home = _trader(t);
            homes[t].withheld = moment.kind == 0 ? ((drawn >> (40 + 8 * t)) % 5) / 4 : 0;
            (homes[t].firstFill, homes[t].fillCount) = (next, counts[t]);
            for (uint256 i; i < counts[t]; ++i) moment.fills[next + i] = _fill(moment.interval, t, i, _draw(drawn, 10 * t + i));
            if (counts[t] == 2 && moment.fills[next].order > moment.fills[next + 1].order)
                (moment.fills[next], moment.fills[next + 1]) = (moment.fills[next + 1], moment.fills[next]);
            for (uint256 i; i < counts[t]; ++i) _count(homes[t], moment.fills[next + i], next + i);
            next += counts[t];
        }
        moment.homes = _inOrder(homes);
    }

    function _fill(uint256 interval, uint256 trader, uint256 seq, uint256 drawn) private view returns (IDisputes.Fill memory fill) {
        (fill.home, fill.seq, fill.side) = (_trader(trader), seq, drawn % 2);
        fill.energy = 2 + ((drawn >> 8) % 3_000);
        fill.wanted = fill.energy + ((drawn >> 40) % 3) * 500;
        fill.price = 100_000 + ((drawn >> 72) % 100_000);
        fill.limit = fill.side == 0 ? fill.price + ((drawn >> 104) % 1_000) : fill.price - ((drawn >> 104) % 1_000);
        fill.amount = int256(fill.energy * fill.price);
        _signFill(fill, interval, _agentKey(fill.home));
    }

    function _count(IDisputes.Home memory home, IDisputes.Fill memory fill, uint256 position) private pure {
        fill.position = position;
        if (fill.side == 0) home.bought += fill.energy;
        else home.sold += fill.energy;
        home.tradeAmount += fill.side == 0 ? -fill.amount : fill.amount;
    }

    /// @dev Zeros if it did nothing.
    function _homeIn(IDisputes.Home[] memory homes, uint256 id) private pure returns (IDisputes.Home memory none) {
        for (uint256 i; i < homes.length; ++i) if (homes[i].home == id) return homes[i];
    }

    /// @dev Those that did anything, with their places.
    function _inOrder(IDisputes.Home[] memory all) internal pure returns (IDisputes.Home[] memory leaves) {
        uint256 count;
        for (uint256 i; i < all.length; ++i) if (all[i].fillCount + all[i].withheld > 0) ++count;
        leaves = new IDisputes.Home[](count);
        count = 0;
        for (uint256 i; i < all.length; ++i) if (all[i].fillCount + all[i].withheld > 0) leaves[count++] = all[i];
        for (uint256 i; i < count; ++i) (leaves[i].position, leaves[i].nextHome) = (i, i + 1 < count ? leaves[i + 1].home : 0);
    }

    /// @dev Those that ever did anything or were read, with their places.
    function _inOrder(IDisputes.Account[] memory book) private pure returns (IDisputes.Account[] memory leaves) {
        leaves = new IDisputes.Account[](TRADERS);
        uint256 count;
        for (uint256 t; t < TRADERS; ++t) {
            bool isKnown = book[t].metered + book[t].bought + book[t].sold > 0 || book[t].balance != 0;
            if (isKnown) leaves[count++] = abi.decode(abi.encode(book[t]), (IDisputes.Account));
            if (isKnown) leaves[count - 1].home = _trader(t);
        }
        assembly ("memory-safe") {
            mstore(leaves, count)
        }
        for (uint256 i; i < count; ++i) (leaves[i].position, leaves[i].nextHome) = (i, i + 1 < count ? leaves[i + 1].home : 0);
    }
}
