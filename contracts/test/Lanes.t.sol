// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILanes} from "./IVault.sol";
import {Reference} from "./Reference.sol";
import {Test} from "./Vm.sol";

/// @title Lanes against a loop over homes
contract LanesTest is Test {
    uint256 private constant WORDS = 3;
    uint256 private constant HOMES = 8 * WORDS;
    uint256 private constant GUARD = 0x8000000080000000800000008000000080000000800000008000000080000000;

    ILanes private _lanes;

    function setUp() external {
        _lanes = ILanes(vm.deployCode("LanesAndDeltas.sol:LanesAndDeltas"));
    }

    function test_theFirstHomeHasTheHighestLane() external view {
        uint256 balances = _lanes.set(0, 0, 1);
        vm.assertEq(balances, 2 ** 224, "lane 0");
        vm.assertEq(_lanes.set(0, 7, 5), 5, "lane 7");
        vm.assertEq(_lanes.balanceAt(balances, 0), 1, "read again");
        vm.assertEq(_lanes.balanceAt(balances, 1), 0, "its neighbour");
    }

    function testFuzz_setChangesOneLane(uint256 balances, uint256 index, uint256 balance) external view {
        balances &= ~GUARD;
        index = _bound(index, 0, 7);
        balance = _balance(balance, 0);
        uint256 next = _lanes.set(balances, index, balance);
        for (uint256 i; i < 8; ++i) {
            vm.assertEq(_lanes.balanceAt(next, i), i == index ? balance : Reference.balanceAt(balances, i), "lane");
        }
        vm.assertEq(next & GUARD, 0, "guards");
    }

    /// @dev Balances and changes as forge draws them, with the largest and smallest ones that `edges` picks.
    function testFuzz_changeIsALoopOverHomes(int32[24] calldata changes, uint32[24] calldata balances, uint256 edges) external {
        int256[] memory drawn = new int256[](HOMES);
        uint256[] memory held = new uint256[](HOMES);
        for (uint256 home; home < HOMES; ++home) {
            uint256 pick = _draw(edges, home);
            drawn[home] = pick % 4 == 0 ? _edge(pick >> 8) : int256(changes[home]);
            held[home] = pick % 8 < 4 ? _balance(balances[home], 0) : _balance(balances[home], pick >> 16);
        }
        _compare(held, drawn);
    }

    /// @dev Changes that every balance can bear, so that all words are written and none is refused.
    function testFuzz_changesThatFit(uint256 seed) external {
        int256[] memory drawn = new int256[](HOMES);
        uint256[] memory held = new uint256[](HOMES);
        for (uint256 home; home < HOMES; ++home) {
            held[home] = _balance(_draw(seed, home), _draw(seed, 100 + home));
            uint256 next = _balance(_draw(seed, 200 + home), _draw(seed, 300 + home));
            drawn[home] = int256(next) - int256(held[home]);
        }
        vm.assertEq(_compare(held, drawn), WORDS, "no word is bad");
    }

    /// @dev One home alone goes beyond what a lane holds; its word is named.
    function testFuzz_oneBadHomeIsFound(uint256 seed) external {
        int256[] memory drawn = new int256[](HOMES);
        uint256[] memory held = new uint256[](HOMES);
        uint256 bad = seed % HOMES;
        for (uint256 home; home < HOMES; ++home) {
            held[home] = _balance(_draw(seed, home), 0);
            drawn[home] = int256(_draw(seed, 100 + home) % (Reference.MAX_TICKS + 1)) - int256(held[home]);
        }
        bool isBelow = seed & (1 << 200) == 0;
        drawn[bad] = isBelow ? -int256(held[bad]) - 1 : Reference.LARGEST - int256(held[bad]) + 1;
        // Beyond 32 bits it isn't written at all.
        vm.assume(drawn[bad] <= Reference.LARGEST);
        vm.assertEq(_compare(held, drawn), bad / 8, "the bad word");
    }

    function test_everyPairOfExtremesInEveryLane() external {
        uint256[4] memory balances = [0, 1, Reference.MAX_TICKS - 1, Reference.MAX_TICKS];
        for (uint256 home; home < HOMES; ++home) {
            for (uint256 b; b < 4; ++b) {
                for (uint256 e; e < 8; ++e) {
                    int256[] memory drawn = new int256[](HOMES);
                    uint256[] memory held = new uint256[](HOMES);
                    for (uint256 other; other < HOMES; ++other) held[other] = other == home ? balances[b] : Reference.MAX_TICKS;
                    drawn[home] = _edge(e);
                    _compare(held, drawn);
                }
            }
        }
    }

    function testFuzz_sumIsALoopOverHomes(uint256 seed, uint256 words) external view {
        words = _bound(words, 0, 40);
        int256[] memory drawn = new int256[](8 * words);
        for (uint256 home; home < drawn.length; ++home) {
            uint256 pick = _draw(seed, home);
            drawn[home] = seed % 3 == 0 || pick % 4 == 0 ? _edge(pick >> 8) : int256(int32(uint32(pick)));
        }
        bytes memory changes = Reference.vector(drawn);
        int256 expected;
        for (uint256 home; home < drawn.length; ++home) expected += drawn[home];
        vm.assertEq(_lanes.sum(changes), expected, "sum");
        vm.assertEq(Reference.sum(changes), expected, "the reference reads what it writes");
    }

    /// @dev The most words that a vault has, all lanes the largest, then all the smallest.
    function test_sumOfTheLargestStreet() external view {
        bytes memory most = new bytes(4 * 20_480);
        vm.assertEq(_lanes.sum(most), 0, "zeros");
        for (uint256 i; i < most.length; ++i) most[i] = 0xff;
        vm.assertEq(_lanes.sum(most), 20_480 * Reference.SMALLEST, "smallest");
        for (uint256 i = 3; i < most.length; i += 4) most[i] = 0xfe;
        vm.assertEq(_lanes.sum(most), 20_480 * Reference.LARGEST, "largest");
    }

    function testFuzz_isUnchangedFrom(uint256 changes, uint256 used, uint256 emptied) external view {
        used = _bound(used, 1, 8);
        emptied = _bound(emptied, 0, 8);
        if (emptied > 0) changes &= emptied == 8 ? 0 : ~(2 ** (32 * emptied) - 1);
        bool expected = true;
        for (uint256 lane = used; lane < 8; ++lane) if ((changes >> (32 * (7 - lane))) & type(uint32).max != 0) expected = false;
        vm.assertTrue(_lanes.isUnchangedFrom(changes, used) == expected, "unchanged");
    }

    function testFuzz_word(bytes32[5] calldata words, uint256 index) external view {
        index = _bound(index, 0, 4);
        bytes memory changes = abi.encodePacked(words);
        vm.assertEq(bytes32(_lanes.word(changes, index)), words[index], "word");
    }

    function testFuzz_zigzagGoesThereAndBack(int32 change_) external pure {
        vm.assertEq(Reference.unzigzag(Reference.zigzag(change_)), change_, "zigzag");
    }

    function test_zigzagAsTheReadmeHasIt() external pure {
        int256[6] memory changes = [int256(0), -1, 1, -2, Reference.LARGEST, Reference.SMALLEST];
        uint32[6] memory written = [uint32(0), 1, 2, 3, type(uint32).max - 1, type(uint32).max];
        for (uint256 i; i < 6; ++i) vm.assertEq(Reference.zigzag(changes[i]), written[i], "zigzag");
    }

    /// @dev Runs the library and the loop; returns the first bad word, WORDS when none is.
    function _compare(uint256[] memory held, int256[] memory drawn) private returns (uint256 expected) {
        expected = WORDS;
        uint256[WORDS] memory before;
        uint256[WORDS] memory results;
        bool[WORDS] memory isBad;
        for (uint256 home = HOMES; home > 0; --home) {
            uint256 id = home - 1;
            before[id / 8] = Reference.put(before[id / 8], id % 8, held[id]);
            int256 next = int256(held[id]) + drawn[id];
            if (next < 0 || next > Reference.LARGEST) (expected, isBad[id / 8]) = (id / 8, true);
            else results[id / 8] = Reference.put(results[id / 8], id % 8, uint256(next));
        }
        _lanes.fill(before);
        bytes memory changes = Reference.vector(drawn);
        vm.assertEq(_lanes.change(changes), expected, "first bad word");
        for (uint256 i; i < WORDS; ++i) {
            if (!isBad[i]) vm.assertEq(bytes32(_lanes.words(i)), bytes32(results[i]), "word");
            uint256 next = i;
            while (next < WORDS && !isBad[next]) ++next;
            vm.assertEq(_lanes.nextBad(i), next, "next bad word");
            // A word that is bad in any lane is told back to what it was.
            vm.assertEq(_lanes.before(_lanes.words(i), _lanes.word(changes, i)), before[i], "before");
        }
        uint256 one = uint256(keccak256(changes)) % HOMES;
        vm.assertEq(_lanes.changeAt(_lanes.word(changes, one / 8), one % 8), drawn[one], "one change");
    }

    function _edge(uint256 pick) private pure returns (int256) {
        int256[8] memory edges = [int256(0), 1, -1, 2, Reference.LARGEST, Reference.LARGEST - 1, Reference.SMALLEST, Reference.SMALLEST + 1];
        return edges[pick % 8];
    }

    function _balance(uint256 drawn, uint256 pick) private pure returns (uint256) {
        uint256[5] memory edges = [drawn % (Reference.MAX_TICKS + 1), 0, 1, Reference.MAX_TICKS, Reference.MAX_TICKS - 1];
        return edges[pick % 5];
    }
}
