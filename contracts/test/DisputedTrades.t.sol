// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {Court} from "./Court.sol";
import {Market} from "./Market.sol";

/// @title What Disputes says to fills, one by one and together
contract DisputedTradesTest is Court {
    uint256 private constant BOUND = 2 ** 53;
    uint256 private constant CURVE = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    /// @dev A word of a fill: where it stands; and the amount, of which the price is a part.
    uint256 private constant POSITION = 0;
    uint256 private constant AMOUNT = 6;

    function setUp() external {
        _openCourt();
    }

    function test_eachWordOfAFillIsWhatItsHomeSigned() external {
        for (uint256 place; place < 4; ++place) {
            for (uint256 word; word < 13; ++word) {
                Market.Bound memory bound = _honest();
                IDisputes.OrderProof memory truth = _orderProof(bound, TRADED, place);
                IDisputes.Fill[] memory fills = bound.moments[TRADED].fills;
                uint256 more = word == AMOUNT ? fills[place].energy : 1;
                bytes memory told = abi.encode(fills[place]);
                fills[place] = abi.decode(_poke(told, word, _word(told, word) + more), (IDisputes.Fill));
                _rebind(bound);
                bytes memory said = _judge(bound, _orderProof(bound, TRADED, place));
                string memory what = string.concat("word ", vm.toString(word), " of fill ", vm.toString(place));
                if (word == POSITION) _assertNoFraud(said, what);
                else _assertFraud(said, what);
                _assertInvalid(_judge(bound, truth), what);
            }
        }
    }

    /// @dev Signed words, small and large, against the rule in its own words.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_someEnergyNoMoreThanOrderedWithinTheLimitAtThePrice(uint256 drawn, bool isLarge) external {
        Market.Bound memory bound = _honest();
        IDisputes.Fill memory fill = bound.moments[TRADED].fills[0];
        uint256 scale = isLarge ? 2 ** 24 : 1;
        (fill.side, fill.energy, fill.wanted) = (drawn % 2, ((drawn >> 8) % 5) * scale, ((drawn >> 16) % 5) * scale);
        (fill.price, fill.limit) = ((drawn >> 24) % 5, (drawn >> 32) % 5);
        fill.amount = int256(fill.energy * fill.price) + [int256(0), 0, 1, -1, int256(scale) - 1, int256(scale)][(drawn >> 40) % 6];
        _signFill(fill, bound.moments[TRADED].interval, _agentKey(fill.home));
        _rebind(bound);
        bool isFair = fill.energy > 0 && fill.energy <= fill.wanted && fill.amount >= int256(fill.price * fill.energy);
        isFair = isFair && fill.amount < int256((fill.price + 1) * fill.energy);
        int256 atLimit = int256(fill.limit * fill.energy);
        isFair = isFair && (fill.side == 0 ? fill.amount <= atLimit : fill.amount >= atLimit);
        bytes memory said = _judge(bound, _orderProof(bound, TRADED, 0));
        if (isFair) _assertNoFraud(said, "fair");
        else _assertFraud(said, "unfair");
    }

    function test_noNumberIsTooLarge() external {
        uint8[10] memory words = [0, 2, 3, 4, 5, 6, 7, 8, 9, 12];
        for (uint256 i; i < words.length; ++i) {
            Market.Bound memory bound = _honest();
            IDisputes.Fill[] memory fills = bound.moments[TRADED].fills;
            uint256 home = fills[0].home;
            uint256 most = words[i] == 3 ? 2 : words[i] == 12 ? 256 : BOUND;
            fills[0] = abi.decode(_poke(abi.encode(fills[0]), words[i], most), (IDisputes.Fill));
            // Else it is a fault for that alone.
            _signFill(fills[0], bound.moments[TRADED].interval, _agentKey(home));
            if (words[i] == 12) fills[0].v = most;
            _rebind(bound);
            string memory what = vm.toString(words[i]);
            _assertFraud(_judge(bound, _orderProof(bound, TRADED, 0)), what);
            _assertFraud(_judge(bound, _fillsProof(bound, TRADED, home, 0, 1)), what);
        }
        for (uint256 word; word < 9; ++word) {
            Market.Bound memory bound = _honest();
            IDisputes.Home[] memory homes = bound.moments[TRADED].homes;
            uint256 least = word == 7 ? uint256(-int256(BOUND)) : BOUND;
            homes[0] = abi.decode(_poke(abi.encode(homes[0]), word, least), (IDisputes.Home));
            _rebind(bound);
            IDisputes.DoubleFillProof memory proof = _fillsProof(bound, TRADED, homes[0].home, 0, 0);
            proof.traded = IDisputes.HomeShown(homes[0], Market.path(Market.hashes(homes), 0));
            _assertFraud(_judge(bound, proof), vm.toString(word));
        }
    }

    function test_whoseKeySigned() external {
        Market.Bound memory bound = _honest();
        IDisputes.Fill memory fill = bound.moments[TRADED].fills[0];
        vm.assertEq(fill.home, 1, "home 1");
        _assertSignedBy(bound, _agentKey(2), false);
        _assertSignedBy(bound, _ownerKey(1), false);
        // Not every home may have read the chain: the key before counts as well.
        vm.prank(_owner(1));
        vault.rotateAgent(1, _agent(51), uint48(FROM));
        _assertSignedBy(bound, _agentKey(51), true);
        _assertSignedBy(bound, _agentKey(1), true);
        vm.prank(_owner(1));
        vault.rotateAgent(1, _agent(52), uint48(FROM + 1));
        _assertSignedBy(bound, _agentKey(52), false);
        vm.prank(_owner(1));
        vault.rotateAgent(1, _agent(53), uint48(FROM + 2));
        _assertSignedBy(bound, _agentKey(52), false);
        _assertSignedBy(bound, _agentKey(51), true);
    }

    function test_aHomeThatTheRegistryDoesNotHaveOrHasLater() external {
        Market.Bound memory bound = _honest();
        IDisputes.Fill memory fill = bound.moments[TRADED].fills[0];
        fill.home = 8;
        _assertSignedBy(bound, _agentKey(8), false);
        vm.prank(REGISTRAR);
        vault.register(_owner(8), _agent(8), 0, uint48(FROM + 1));
        _assertSignedBy(bound, _agentKey(8), false);
        vm.prank(REGISTRAR);
        vault.register(_owner(9), _agent(9), 0, uint48(FROM));
        fill.home = 9;
        _assertSignedBy(bound, _agentKey(9), true);
    }

    function _assertSignedBy(Market.Bound memory bound, uint256 key, bool isIts) private {
        _signFill(bound.moments[TRADED].fills[0], bound.moments[TRADED].interval, key);
        _rebind(bound);
        bytes memory said = _judge(bound, _orderProof(bound, TRADED, 0));
        if (isIts) _assertNoFraud(said, "its key");
        else _assertFraud(said, "not its key");
    }

    /// @dev Of each signature there is one form.
    function test_theOtherFormOfASignature() external {
        Market.Bound memory bound = _honest();
        IDisputes.Fill memory fill = bound.moments[TRADED].fills[0];
        (fill.s, fill.v) = (bytes32(CURVE - uint256(fill.s)), 55 - fill.v);
        _rebind(bound);
        _assertFraud(_judge(bound, _orderProof(bound, TRADED, 0)), "upper half");
    }

    function test_anOrderOfAnotherIntervalAndAVoidOne() external {
        Market.Bound memory bound = _honest();
        IDisputes.Fill memory fill = bound.moments[TRADED].fills[0];
        _signFill(fill, bound.moments[TRADED].interval + 1, _agentKey(1));
        _rebind(bound);
        _assertFraud(_judge(bound, _orderProof(bound, TRADED, 0)), "another interval");
        bound = _honest();
        bound.moments[TRADED].kind = 1;
        _rebind(bound);
        _assertFraud(_judge(bound, _orderProof(bound, TRADED, 0)), "void");
        _assertNoFraud(_judge(bound, _fillsProof(bound, TRADED, 1, 0, 2)), "that is the order's fault");
    }

    /// @dev Whose fills are the next period's.
    function test_intervalsThatAreSettledWithThePeriodOnly() external {
        Market.Bound memory bound = _honest();
        bound.moments[PERIOD_INTERVALS].fills = bound.moments[TRADED].fills;
        bound.moments[PERIOD_INTERVALS].homes = bound.moments[TRADED].homes;
        _rebind(bound);
        _assertInvalid(_judge(bound, _orderProof(bound, PERIOD_INTERVALS, 0)), "a fill");
        _assertInvalid(_judge(bound, _fillsProof(bound, PERIOD_INTERVALS, 1, 0, 2)), "fills");
    }

    function test_anOrderFilledTwice() external {
        Market.Bound memory bound = _honest();
        IDisputes.Fill[] memory fills = bound.moments[TRADED].fills;
        IDisputes.Fill[] memory more = new IDisputes.Fill[](5);
        for (uint256 i; i < 5; ++i) more[i] = abi.decode(abi.encode(fills[i == 0 ? 0 : i - 1]), (IDisputes.Fill));
        for (uint256 i; i < 5; ++i) more[i].position = i;
        bound.moments[TRADED].fills = more;
        _rebind(bound);
        // Home 0 does nothing, so that ranges say nothing.
        _assertFraudEitherWay(bound, 0, 1);
    }

    function test_twoFillsInOnePlace() external {
        Market.Bound memory bound = _honest();
        _assertNoFraud(_judge(bound, _shown(bound, 0, 0, 0)), "the same fill shown twice");
        bound.moments[TRADED].fills[3].position = 2;
        _rebind(bound);
        _assertFraudEitherWay(bound, 2, 3);
    }

    function test_fillsOutOfOrder() external {
        uint8[2][2] memory swaps = [[0, 1], [1, 2]];
        for (uint256 i; i < 2; ++i) {
            Market.Bound memory bound = _honest();
            IDisputes.Fill[] memory fills = bound.moments[TRADED].fills;
            (uint256 a, uint256 b) = (swaps[i][0], swaps[i][1]);
            (fills[a], fills[b]) = (fills[b], fills[a]);
            (fills[a].position, fills[b].position) = (a, b);
            _rebind(bound);
            _assertFraudEitherWay(bound, a, b);
        }
    }

    function _assertFraudEitherWay(Market.Bound memory bound, uint256 a, uint256 b) private {
        _assertFraud(_judge(bound, _shown(bound, 0, a, b)), "one way");
        _assertFraud(_judge(bound, _shown(bound, 0, b, a)), "the other way");
    }

    /// @dev Two fills beside a home.
    function _shown(Market.Bound memory bound, uint256 home, uint256 a, uint256 b) private pure returns (IDisputes.DoubleFillProof memory proof) {
        proof = _fillsProof(bound, TRADED, home, 0, 2);
        proof.fills[0] = _fillShown(bound.moments[TRADED].fills, a);
        proof.fills[1] = _fillShown(bound.moments[TRADED].fills, b);
    }

    /// @dev What is told of a home, one more or less of it, beside all fills of the interval: range, count and three sums.
    function test_eachWordOfAHomeFollowsFromItsFills() external {
        for (uint256 t; t < TRADERS; ++t) {
            for (uint256 word = 3; word < 8; ++word) {
                _assertWordOfHome(t, word, 1);
                _assertWordOfHome(t, word, -1);
            }
        }
    }

    function _assertWordOfHome(uint256 t, uint256 word, int256 change) private {
        Market.Bound memory bound = _honest();
        IDisputes.Home[] memory homes = bound.moments[TRADED].homes;
        IDisputes.Home memory truth = homes[t];
        int256 value = int256(_word(abi.encode(truth), word)) + change;
        if (word < 7 && value < 0) return;
        homes[t] = abi.decode(_poke(abi.encode(truth), word, uint256(value)), (IDisputes.Home));
        _rebind(bound);
        // A range that is too long shows beside a neighbour's fill, if there is one.
        bool isBeyond = word == 4 && change == 1;
        if (isBeyond && t + 1 < TRADERS) (truth.firstFill, truth.fillCount) = (0, 4);
        bytes memory said = _judge(bound, _fillsProof(bound, TRADED, truth.home, truth.firstFill, truth.fillCount));
        if (isBeyond && t + 1 == TRADERS) _assertNoFraud(said, "beyond the last fill");
        else _assertFraud(said, string.concat("word ", vm.toString(word), " of home ", vm.toString(truth.home)));
    }

    /// @dev Sums are looked at when all of the home's fills are shown, in their order.
    function test_sumsNeedAllFillsInOrder() external {
        Market.Bound memory bound = _honest();
        ++bound.moments[TRADED].homes[0].bought;
        _rebind(bound);
        _assertNoFraud(_judge(bound, _fillsProof(bound, TRADED, 1, 0, 1)), "one of two");
        _assertNoFraud(_judge(bound, _shown(bound, 1, 1, 0)), "the wrong way round");
        _assertNoFraud(_judge(bound, _shown(bound, 1, 0, 0)), "one twice");
        _assertFraud(_judge(bound, _shown(bound, 1, 0, 1)), "both");
    }

    function test_homesThatTradedWithoutALeaf() external {
        Market.Bound memory bound = _honest();
        IDisputes.Home[] memory homes = bound.moments[TRADED].homes;
        for (uint256 i; i < homes.length; ++i) homes[i].withheld = 0;
        homes[0].fillCount = 0;
        bound.moments[TRADED].homes = _inOrder(homes);
        _rebind(bound);
        _assertFraud(_judge(bound, _fillsProof(bound, TRADED, 1, 0, 1)), "no leaf of its own");
        bound.moments[TRADED].homes = new IDisputes.Home[](0);
        _rebind(bound);
        _assertFraud(_judge(bound, _fillsProof(bound, TRADED, 1, 0, 1)), "no leaves");
        _assertNoFraud(_judge(bound, _fillsProof(bound, TRADED, 0, 0, 1)), "home 0 did nothing");
        _assertNoFraud(_judge(bound, _fillsProof(bound, TRADED, 1, 0, 0)), "nothing is shown");
    }

    function test_sumsOfNothing() external {
        Market.Bound memory bound = _honest();
        IDisputes.Home memory home = bound.moments[TRADED].homes[2];
        (home.fillCount, home.bought, home.sold, home.tradeAmount, home.withheld) = (0, 0, 0, 0, 1);
        _rebind(bound);
        _assertNoFraud(_judge(bound, _fillsProof(bound, TRADED, 5, 0, 0)), "it only withheld");
        home.tradeAmount = 1;
        _rebind(bound);
        _assertFraud(_judge(bound, _fillsProof(bound, TRADED, 5, 0, 0)), "money for nothing");
    }

    function test_whatDoesNotOpen() external {
        Market.Bound memory bound = _honest();
        IDisputes.OrderProof memory order = _orderProof(bound, TRADED, 0);
        order.fill.path[0] ^= bytes32(uint256(1));
        _assertInvalid(_judge(bound, order), "another way to the root");
        order = _orderProof(bound, TRADED, 0);
        order.clearing.rest = 0;
        _assertInvalid(_judge(bound, order), "another clearing");
        IDisputes.DoubleFillProof memory fills = _fillsProof(bound, TRADED, 1, 0, 2);
        fills.fills[1].path[0] ^= bytes32(uint256(1));
        _assertInvalid(_judge(bound, fills), "another way to the root");
        fills = _fillsProof(bound, TRADED, 1, 0, 2);
        fills.clearing.rest = 0;
        _assertInvalid(_judge(bound, fills), "another clearing");
        fills = _fillsProof(bound, TRADED, 1, 0, 2);
        fills.traded.path = new bytes32[](0);
        _assertInvalid(_judge(bound, fills), "a home without a way to the root");
        fills = _fillsProof(bound, TRADED, 1, 0, 2);
        fills.traded = _homeShown(bound.moments[TRADED].homes, 5);
        _assertInvalid(_judge(bound, fills), "another home");
    }
}
