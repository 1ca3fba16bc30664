// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Lanes} from "../src/Lanes.sol";
import {Reference} from "./Reference.sol";
import {Test} from "./Vm.sol";

/// @title Lanes against a loop over homes
contract LanesTest is Test {
    uint256 private constant WORDS = 3;
    uint256 private constant HOMES = 8 * WORDS;
    uint256 private constant GUARD = 0x8000000080000000800000008000000080000000800000008000000080000000;

    uint256[WORDS] private _words;

    /// @dev Calldata is what the library reads, so these are called from outside.
    function change(bytes calldata changes) external returns (uint256) {
        uint256 first;
        assembly ("memory-safe") {
            first := _words.slot
        }
        return Lanes.change(first, changes, changes.length / 32);
    }

    function sum(bytes calldata changes) external pure returns (int256) {
        return Lanes.sum(changes, changes.length / 32);
    }

    function word(bytes calldata changes, uint256 index) external pure returns (uint256) {
        return Lanes.word(changes, index);
    }

    function test_theFirstHomeHasTheHighestLane() external pure {
        uint256 balances = Lanes.set(0, 0, 1);
        vm.assertEq(balances, 2 ** 224, "lane 0");
        vm.assertEq(Lanes.set(0, 7, 5), 5, "lane 7");
        vm.assertEq(Lanes.balanceAt(balances, 0), 1, "read again");
        vm.assertEq(Lanes.balanceAt(balances, 1), 0, "its neighbour");
    }

    function testFuzz_setChangesOneLane(uint256 balances, uint256 index, uint256 balance) external pure {
        balances &= ~GUARD;
        index = _bound(index, 0, 7);
        balance = _balance(balance, 0);
        uint256 next = Lanes.set(balances, index, balance);
        for (uint256 i; i < 8; ++i) {
            vm.assertEq(Lanes.balanceAt(next, i), i == index ? balance : Lanes.balanceAt(balances, i), "lane");
        }
        vm.assertEq(next & GUARD, 0, "guards");
    }

    /// @dev Balances and changes as forge draws them, with the largest and smallest ones that `edges` picks.
    function testFuzz_changeIsALoopOverHomes(int32[24] calldata changes, uint32[24] calldata balances, uint256 edges) external {
        int256[] memory drawn = new int256[](HOMES);
        for (uint256 home; home < HOMES; ++home) {
            uint256 pick = _draw(edges, home);
            drawn[home] = pick % 4 == 0 ? _edge(pick >> 8) : int256(changes[home]);
            _setBalance(home, pick % 8 < 4 ? _balance(balances[home], 0) : _balance(balances[home], pick >> 16));
        }
        _compare(Reference.vector(drawn));
    }

    /// @dev Changes that every balance can bear, so that all words are written and none is refused.
    function testFuzz_changesThatFit(uint256 seed) external {
        int256[] memory drawn = new int256[](HOMES);
        for (uint256 home; home < HOMES; ++home) {
            uint256 balance = _balance(_draw(seed, home), _draw(seed, 100 + home));
            uint256 next = _balance(_draw(seed, 200 + home), _draw(seed, 300 + home));
            _setBalance(home, balance);
            drawn[home] = int256(next) - int256(balance);
        }
        vm.assertEq(_compare(Reference.vector(drawn)), WORDS, "no word is bad");
    }

    /// @dev One home alone goes beyond what a lane holds; its word is named.
    function testFuzz_oneBadHomeIsFound(uint256 seed) external {
        int256[] memory drawn = new int256[](HOMES);
        uint256 bad = seed % HOMES;
        for (uint256 home; home < HOMES; ++home) {
            uint256 balance = _balance(_draw(seed, home), 0);
            _setBalance(home, balance);
            int256 room = int256(_draw(seed, 100 + home) % (Reference.MAX_TICKS + 1)) - int256(balance);
            drawn[home] = room;
        }
        uint256 held = Lanes.balanceAt(_words[bad / 8], bad % 8);
        bool isBelow = seed & (1 << 200) == 0;
        drawn[bad] = isBelow ? -int256(held) - 1 : Reference.LARGEST - int256(held) + 1;
        // Beyond 32 bits it isn't written at all.
        vm.assume(drawn[bad] <= Reference.LARGEST);
        vm.assertEq(_compare(Reference.vector(drawn)), bad / 8, "the bad word");
    }

    function test_everyPairOfExtremesInEveryLane() external {
        uint256[4] memory balances = [0, 1, Reference.MAX_TICKS - 1, Reference.MAX_TICKS];
        for (uint256 home; home < HOMES; ++home) {
            for (uint256 b; b < 4; ++b) {
                for (uint256 e; e < 8; ++e) {
                    // A refused change leaves its words behind, as only the revert of the caller undoes them.
                    for (uint256 i; i < WORDS; ++i) _words[i] = 0;
                    for (uint256 other; other < HOMES; ++other) _setBalance(other, other == home ? balances[b] : Reference.MAX_TICKS);
                    int256[] memory drawn = new int256[](HOMES);
                    drawn[home] = _edge(e);
                    _compare(Reference.vector(drawn));
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
        vm.assertEq(this.sum(changes), expected, "sum");
        vm.assertEq(Reference.sum(changes), expected, "the reference reads what it writes");
    }

    /// @dev The most words that a vault has, all lanes the largest, then all the smallest.
    function test_sumOfTheLargestStreet() external view {
        bytes memory most = new bytes(4 * 20_480);
        vm.assertEq(this.sum(most), 0, "zeros");
        for (uint256 i; i < most.length; ++i) most[i] = 0xff;
        vm.assertEq(this.sum(most), 20_480 * Reference.SMALLEST, "smallest");
        for (uint256 i = 3; i < most.length; i += 4) most[i] = 0xfe;
        vm.assertEq(this.sum(most), 20_480 * Reference.LARGEST, "largest");
    }

    function testFuzz_isUnchangedFrom(uint256 changes, uint256 used, uint256 emptied) external pure {
        used = _bound(used, 1, 8);
        emptied = _bound(emptied, 0, 8);
        if (emptied > 0) changes &= emptied == 8 ? 0 : ~(2 ** (32 * emptied) - 1);
        bool expected = true;
        for (uint256 lane = used; lane < 8; ++lane) if ((changes >> (32 * (7 - lane))) & type(uint32).max != 0) expected = false;
        vm.assertTrue(Lanes.isUnchangedFrom(changes, used) == expected, "unchanged");
    }

    function testFuzz_word(bytes32[5] calldata words, uint256 index) external view {
        index = _bound(index, 0, 4);
        bytes memory changes = abi.encodePacked(words);
        vm.assertEq(bytes32(this.word(changes, index)), words[index], "word");
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
    function _compare(bytes memory changes) private returns (uint256 expected) {
        uint256[HOMES] memory results;
        expected = WORDS;
        for (uint256 home = HOMES; home > 0; --home) {
            int256 next = int256(Lanes.balanceAt(_words[(home - 1) / 8], (home - 1) % 8)) + Reference.changeOf(changes, home - 1);
            if (next < 0 || next > Reference.LARGEST) expected = (home - 1) / 8;
            else results[home - 1] = uint256(next);
        }
        vm.assertEq(this.change(changes), expected, "first bad word");
        if (expected < WORDS) return expected;
        for (uint256 home; home < HOMES; ++home) {
            vm.assertEq(Lanes.balanceAt(_words[home / 8], home % 8), results[home], "balance");
        }
        for (uint256 i; i < WORDS; ++i) vm.assertEq(_words[i] & GUARD, 0, "guards");
    }

    function _setBalance(uint256 home, uint256 balance) private {
        _words[home / 8] = Lanes.set(_words[home / 8], home % 8, balance);
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
