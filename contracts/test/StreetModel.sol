// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Reference} from "./Reference.sol";
import {Street} from "./Street.sol";

/// @title A street kept a second time, in the plainest way
/// @notice Tables of numbers and lists of keys: what the vault must say after every step is worked out from these alone.
abstract contract StreetModel is Street {
    uint256 internal constant FIRST_HOMES = 20;
    uint256 internal constant MOST_HOMES = 27;
    uint256 internal constant VALIDATORS = 7;

    /// @dev A hot key and the first interval that it signs for.
    struct KeyFrom {
        uint256 key;
        uint48 since;
    }

    struct Asked {
        address to;
        uint256 time;
        uint256 ticks;
        address relayer;
        uint256 fee;
    }

    /// @dev The open proposal. `fits`: everybody could bear it when it was made, what they had asked for set aside.
    struct Open {
        bool exists;
        bool fits;
        uint256 time;
        bytes batch;
        bytes cert;
    }

    int256[] internal _held;
    int256[8] internal _wide;
    /// @dev What homes lacked for periods and haven't paid back.
    mapping(uint256 home => int256) internal _debts;
    /// @dev By account: all that was paid in and settled, less all that was paid out. No floor, no debt.
    mapping(uint256 account => int256) internal _claims;
    /// @dev By account, as all that people ask for.
    mapping(uint256 account => Asked) internal _asked;
    /// @dev Keys of who is named; 0: nobody yet.
    uint256[8] internal _payeeKeys;
    mapping(uint256 home => KeyFrom[]) internal _keys;
    mapping(uint256 home => uint48) internal _until;
    uint256 internal _keyCount;
    bytes[] internal _sets;

    uint256 public paidIn;
    uint256 public paidOut;
    uint256 public donated;
    uint64 public periods;
    uint64 public nextInterval;
    uint64 public settledUntil;
    bytes32 public link = FIRST_LINK;
    bytes32 public history;
    uint256 public pausedUntil;
    uint256 public nextPause;
    mapping(uint256 account => uint256) internal _signedTimes;
    Open internal _proposal;
    bytes internal _lastSettled;
    bytes internal _lastCert;
    bytes internal _lastRefused;
    bytes internal _refusedCert;

    function _openModel() internal {
        _open(FIRST_HOMES, 0);
        _keyCount = 1_000;
        history = vault.registryHead();
        for (uint256 home; home < FIRST_HOMES; ++home) _addHome(home, _agentKey(home), uint48(home));
        _nameValidators(SET_SINCE, _voters(0, VALIDATORS), [0, 0, 0]);
        for (uint256 home; home < FIRST_HOMES; ++home) _payIn(home, 1_000);
        _payInWide(0, 100_000);
    }

    /// @dev The open proposal's hash, else that of the last settled period.
    function expectedLink() external view returns (bytes32) {
        return _proposal.exists ? _structHash(abi.decode(_proposal.batch, (Batch)).period) : link;
    }

    function homeCount() public view returns (uint256) {
        return _held.length;
    }

    function heldOf(uint256 home) external view returns (uint256) {
        return uint256(_held[home]);
    }

    function debtOf(uint256 home) external view returns (uint256) {
        return uint256(_debts[home]);
    }

    function claimOf(uint256 account) external view returns (int256) {
        return _claims[account];
    }

    function askedOf(uint256 account) external view returns (uint256) {
        return _asked[account].ticks;
    }

    /// @dev Who gets what is asked for.
    function askedBy(uint256 account) external view returns (address) {
        return _asked[account].to;
    }

    function payeeOf(uint256 id) external view returns (address) {
        return _payeeKeys[id] == 0 ? address(0) : vm.addr(_payeeKeys[id]);
    }

    function wideOf(uint256 id) external view returns (uint256) {
        return uint256(_wide[id]);
    }

    /// @dev What all own together, in ticks.
    function owed() external view returns (uint256 total) {
        for (uint256 home; home < _held.length; ++home) total += uint256(_held[home]);
        for (uint256 id; id < 8; ++id) total += uint256(_wide[id]);
    }

    function street() external view returns (IGridVault) {
        return vault;
    }

    /// @dev What the vault holds, in millionths.
    function money() external view returns (uint256) {
        return token.balanceOf(address(vault));
    }

    /// @dev A home mostly, or one of the four wide accounts that money is paid into.
    function _account(uint256 drawn) internal view returns (uint256) {
        return drawn % 4 == 0 ? FIRST_WIDE + (drawn >> 8) % 4 : _bound(drawn >> 8, 0, _held.length - 1);
    }

    function _isWide(uint256 account) internal pure returns (bool) {
        return account >= FIRST_WIDE;
    }

    function _in(uint256 account) internal view returns (uint256) {
        return uint256(_isWide(account) ? _wide[account - FIRST_WIDE] : _held[account]);
    }

    function _takeOut(uint256 account, uint256 ticks) internal {
        if (_isWide(account)) _wide[account - FIRST_WIDE] -= int256(ticks);
        else _held[account] -= int256(ticks);
        _claims[account] -= int256(ticks);
        paidOut += ticks;
    }

    /// @dev Key of who may have what is in an account; 0: nobody.
    function _keyOf(uint256 account) internal view returns (uint256) {
        return _isWide(account) ? _payeeKeys[account - FIRST_WIDE] : _ownerKey(account);
    }

    /// @dev Whether the open proposal takes from a wide account, or may: the supplier bears what homes lack.
    function _isNeeded(uint256 account) internal view returns (bool) {
        if (!_isWide(account) || !_proposal.exists) return false;
        if (account == FIRST_WIDE) return true;
        bytes memory wide = abi.decode(_proposal.batch, (Batch)).wide;
        for (uint256 i; 9 * i < wide.length; ++i) {
            (uint8 id, int256 change) = _wideOf(wide, i);
            if (FIRST_WIDE + id == account) return change < 0;
        }
        return false;
    }

    function _payIn(uint256 home, uint256 ticks) internal {
        _deposit(home, ticks);
        _credit(home, ticks);
    }

    function _credit(uint256 home, uint256 ticks) internal {
        _held[home] += int256(ticks);
        _claims[home] += int256(ticks);
        paidIn += ticks;
        _collect(home);
    }

    /// @dev As much of a home's debt as it has goes back to the supplier.
    function _collect(uint256 account) internal {
        if (_isWide(account)) return;
        int256 paid = _debts[account] < _held[account] ? _debts[account] : _held[account];
        _debts[account] -= paid;
        _held[account] -= paid;
        _wide[0] += paid;
    }

    /// @dev What is in an account beyond its debt.
    function _free(uint256 account) internal view returns (uint256) {
        if (_isWide(account)) return _in(account);
        return _held[account] > _debts[account] ? uint256(_held[account] - _debts[account]) : 0;
    }

    function _payInWide(uint8 id, uint256 ticks) internal {
        _depositWide(id, ticks);
        _wide[id] += int256(ticks);
        _claims[FIRST_WIDE + id] += int256(ticks);
        paidIn += ticks;
    }

    function _addHome(uint256 home, uint256 key, uint48 since) internal {
        if (home >= FIRST_HOMES) {
            vm.prank(REGISTRAR);
            vault.register(_owner(home), vm.addr(key), bytes32(home), since);
            _note(abi.encodeCall(IRegistry.register, (_owner(home), vm.addr(key), bytes32(home), since)));
        }
        _held.push(0);
        _keys[home].push(KeyFrom(key, since));
        _until[home] = STAYS;
    }

    function _nameValidators(uint48 since, IRegistry.Validator[] memory validators, uint8[3] memory minimums) internal {
        vm.prank(GOVERNOR);
        vault.setValidators(since, validators, minimums);
        _sets.push(abi.encode(IRegistry.ValidatorSet(since, minimums, validators)));
        _note(abi.encodeCall(IRegistry.setValidators, (since, validators, minimums)));
    }

    function _note(bytes memory change) internal {
        history = keccak256(abi.encode(history, change));
    }

    function _set(uint256 index) internal view returns (IRegistry.ValidatorSet memory) {
        return abi.decode(_sets[index], (IRegistry.ValidatorSet));
    }

    /// @dev The set that certifies a period that begins with `interval`.
    function _setAt(uint256 interval) internal view returns (IRegistry.ValidatorSet memory set) {
        for (uint256 i; i < _sets.length; ++i) {
            IRegistry.ValidatorSet memory each = _set(i);
            if (each.since <= interval) set = each;
        }
    }

    /// @dev The home's key at an interval; 0 when it has none.
    function _keyAt(uint256 home, uint256 interval) internal view returns (uint256 key) {
        if (interval >= _until[home]) return 0;
        for (uint256 i; i < _keys[home].length; ++i) if (_keys[home][i].since <= interval) key = _keys[home][i].key;
    }

    function _quorum(uint256 validators) internal pure returns (uint256 need) {
        while (3 * need <= 2 * validators) ++need;
    }

    /// @dev Whether those of a set that are in the street at `interval`, without `leaver`, are enough.
    function _canCertify(IRegistry.ValidatorSet memory set, uint256 interval, uint256 leaver) internal view returns (bool) {
        uint256[3] memory voices;
        uint256 count;
        for (uint256 i; i < set.validators.length; ++i) {
            uint256 home = set.validators[i].home;
            if (home == leaver || _keyAt(home, interval) == 0) continue;
            ++voices[uint256(set.validators[i].class)];
            ++count;
        }
        for (uint256 i; i < 3; ++i) if (voices[i] < set.minimums[i]) return false;
        return count >= _quorum(set.validators.length);
    }

    /// @dev Signed by everybody who can at the period's first interval, but for entry `without` (beyond them: nobody).
    function _certify(bytes32 signed, uint256 interval, uint256 without) internal view returns (bytes memory cert) {
        IRegistry.ValidatorSet memory set = _setAt(interval);
        for (uint256 place; place < set.validators.length; ++place) {
            uint256 key = _keyAt(set.validators[place].home, interval);
            if (key != 0 && place != without) cert = bytes.concat(cert, _entry(place, key, signed));
        }
    }

    /// @dev What an account may lose: what it has asked for is spent.
    function _spendable(uint256 account) internal view returns (uint256) {
        uint256 held = _free(account);
        uint256 asked = _asked[account].ticks;
        return asked < held ? held - asked : 0;
    }

    /// @dev Changes that everybody can bear; what the homes leave over is the supplier's, a part of it the community's, who may also
    /// pay a part. What is asked for of wide accounts isn't set aside: what a proposal takes from them they keep until it is settled.
    function _fittingBatch(uint256 seed) internal view returns (Batch memory batch) {
        int256[] memory changes = new int256[](_draw(seed, 900) % (_held.length + 1));
        int256 sum;
        for (uint256 home; home < changes.length; ++home) {
            uint256 pick = _draw(seed, home);
            uint256 loss = pick % 5 == 0 ? _spendable(home) : (pick >> 8) % (_spendable(home) + 1);
            changes[home] = pick % 2 == 0 ? -int256(loss) : int256((pick >> 64) % 3_000);
            if (_held[home] + changes[home] > Reference.LARGEST) changes[home] = 0;
            sum += changes[home];
        }
        if (_wide[0] < sum) return _emptyBatch();
        int256 share = sum < 0 ? -sum / 10 : int256(0);
        if (seed % 3 == 0) share = -int256(_draw(seed, 904) % (uint256(_wide[2]) + 1));
        if (_wide[0] - sum - share < 0) share = 0;
        batch = _batch(Reference.vector(changes), bytes.concat(Reference.wide(0, -sum - share), Reference.wide(2, share)));
        batch.period.toInterval = batch.period.fromInterval + uint64(_draw(seed, 901) % 96);
        batch.period.coversUntil = uint64(block.timestamp + _draw(seed, 902) % (AHEAD + 1));
        if (batch.period.coversUntil < settledUntil) batch.period.coversUntil = settledUntil;
        batch.period.accountsRoot = bytes32(_draw(seed, 903));
    }

    /// @dev Whether nobody rises above the most, and no wide account falls below zero: the supplier's bears what homes lack. The error when not.
    function _outcome(Batch memory batch) internal view returns (bytes memory) {
        for (uint256 home; home < _held.length; ++home) {
            int256 next = _held[home] + Reference.changeOf(batch.vector, home);
            if (next > Reference.LARGEST) return abi.encodeWithSelector(IGridVault.LaneOverflow.selector, home / 8);
        }
        int256[8] memory next_ = _wide;
        for (uint256 i; 9 * i < batch.wide.length; ++i) {
            (uint8 id, int256 change) = _wideOf(batch.wide, i);
            next_[id] += change;
        }
        next_[0] -= _lackingFor(batch);
        for (uint256 id; id < 8; ++id) {
            if (next_[id] < 0) return abi.encodeWithSelector(IGridVault.WideUnderflow.selector, id, uint256(-next_[id]));
        }
        return "";
    }

    /// @dev What homes have less than a batch takes from them.
    function _lackingFor(Batch memory batch) internal view returns (int256 lacking) {
        for (uint256 home; home < _held.length; ++home) {
            int256 next = _held[home] + Reference.changeOf(batch.vector, home);
            if (next < 0) lacking -= next;
        }
    }

    /// @dev The tables after the batch.
    function _apply(Batch memory batch) internal {
        _wide[0] -= _lackingFor(batch);
        for (uint256 home; home < _held.length; ++home) {
            int256 change = Reference.changeOf(batch.vector, home);
            int256 next = _held[home] + change;
            _claims[home] += change;
            _held[home] = next < 0 ? int256(0) : next;
            if (next < 0) _debts[home] -= next;
        }
        for (uint256 i; 9 * i < batch.wide.length; ++i) {
            (uint8 id, int256 change) = _wideOf(batch.wide, i);
            _wide[id] += change;
            _claims[FIRST_WIDE + id] += change;
        }
        ++periods;
        nextInterval = batch.period.toInterval + 1;
        settledUntil = batch.period.coversUntil;
        link = _structHash(batch.period);
    }

    function _wideOf(bytes memory wide, uint256 index) private pure returns (uint8 id, int256 change) {
        uint64 raw;
        for (uint256 i = 1; i < 9; ++i) raw = raw * 256 + uint8(wide[9 * index + i]);
        return (uint8(wide[9 * index]), int64(raw));
    }
}
