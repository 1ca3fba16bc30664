// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Reference} from "./Reference.sol";
import {StreetModel} from "./StreetModel.sol";

/// @title Everything that can happen in a street, one step at a time
/// @notice Each step takes drawn numbers, does one thing to the vault, and demands what the model says must come of it: the change,
/// or the exact error. What it did is counted, so that a test can tell that everything was reached.
contract StreetLife is StreetModel {
    /// @dev How often each thing happened, by its name.
    mapping(string what => uint256) public times;

    constructor() {
        _openModel();
    }

    function deposit(uint256 home, uint256 ticks) external {
        home = _bound(home, 0, _held.length - 1);
        ticks = ticks % 16 == 0 ? Reference.MAX_DEPOSITED : _bound(ticks, 1, 5_000);
        if (_isStopped(BANK, abi.encodeCall(IEscrow.deposit, (uint32(home), ticks * TICK)))) return;
        if (_held[home] + int256(ticks) > int256(Reference.MAX_DEPOSITED)) {
            vm.prank(BANK);
            _refuse(abi.encodeWithSelector(IGridVault.LaneOverflow.selector, home / 8));
            vault.deposit(uint32(home), ticks * TICK);
            return _did("deposit refused");
        }
        _payIn(home, ticks);
        _did("deposit");
    }

    /// @dev By anybody: as much as the home has.
    function repay(uint256 home) external {
        home = _bound(home, 0, _held.length - 1);
        if (_isStopped(STRANGER, abi.encodeCall(IEscrow.repay, (uint32(home))))) return;
        bool pays = _debts[home] > 0 && _held[home] > 0;
        vm.prank(STRANGER);
        vault.repay(uint32(home));
        _collect(home);
        _did(pays ? "repay" : "repay nothing");
    }

    function depositWide(uint256 id, uint256 ticks) external {
        if (_isStopped(BANK, abi.encodeCall(IEscrow.depositWide, (uint8(id % 4), TICK)))) return;
        _payInWide(uint8(id % 4), _bound(ticks, 1, 50_000));
        _did("deposit wide");
    }

    /// @dev Money that nobody is owed.
    function donate(uint256 amount) external {
        amount = _bound(amount, 1, 1e6);
        vm.prank(BANK);
        token.transfer(address(vault), amount);
        donated += amount;
        _did("donate");
    }

    function propose(uint256 seed) external {
        if (_proposal.exists) return;
        Batch memory batch = _fittingBatch(seed);
        bool isFitting = seed % 4 != 0;
        if (!isFitting) batch = _tooMuch(_draw(seed, 1) % _held.length, seed);
        bytes memory call = abi.encodeCall(IGridVault.propose, (batch.period, batch.vector, batch.wide, ""));
        if (_isStopped(STRANGER, call)) return;
        _proposeBatch(batch, isFitting);
    }

    /// @dev What must never be taken: I3.
    function proposeWrong(uint256 seed, uint256 kind) external {
        if (block.timestamp < pausedUntil) return;
        Batch memory batch = _fittingBatch(seed);
        bytes memory refusal = _spoil(batch, kind % 7);
        bytes32 signed = vault.digest(batch.period);
        bytes memory cert = _certify(signed, batch.period.fromInterval, type(uint256).max);
        _refuse(refusal);
        vault.propose(batch.period, batch.vector, batch.wide, cert);
        _did("wrong proposal");
    }

    /// @dev A sound period under a certificate that isn't one: I3.
    function proposeUncertified(uint256 seed, uint256 kind) external {
        if (_proposal.exists || block.timestamp < pausedUntil) return;
        Batch memory batch = _fittingBatch(seed);
        bytes32 signed = vault.digest(batch.period);
        bytes memory cert = _certify(signed, batch.period.fromInterval, type(uint256).max);
        uint256 place = _draw(seed, 1) % cert.length;
        bytes memory refusal = abi.encodeWithSelector(IRegistry.BadCertificate.selector, place / 66);
        if (kind % 3 == 0) cert[place] ^= bytes1(uint8(1 + _draw(seed, 2) % 255));
        if (kind % 3 == 1) {
            uint256 need = _quorum(_setAt(batch.period.fromInterval).validators.length);
            cert = _first(cert, need - 1);
            refusal = abi.encodeWithSelector(IRegistry.QuorumNotReached.selector, need - 1, need);
        }
        if (kind % 3 == 2) {
            cert = _certify(keccak256(abi.encode(signed)), batch.period.fromInterval, type(uint256).max);
            refusal = abi.encodeWithSelector(IRegistry.BadCertificate.selector, 0);
        }
        _refuse(refusal);
        vault.propose(batch.period, batch.vector, batch.wide, cert);
        _did("wrong certificate");
    }

    /// @dev I4: what is settled is never taken again.
    function replay() external {
        if (_lastSettled.length == 0 || block.timestamp < pausedUntil) return;
        Batch memory batch = abi.decode(_lastSettled, (Batch));
        _refuse(abi.encodeWithSelector(IGridVault.WrongPeriod.selector, FIRST_PERIOD + periods, batch.period.period));
        vault.propose(batch.period, batch.vector, batch.wide, _lastCert);
        _refuse(_proposal.exists ? IGridVault.ProposalMismatch.selector : IGridVault.NoProposal.selector);
        vault.finalize(batch.period, batch.vector, batch.wide);
        _did("replay");
    }

    function finalize() external {
        if (!_proposal.exists) return;
        Batch memory batch = abi.decode(_proposal.batch, (Batch));
        if (_isStopped(STRANGER, abi.encodeCall(IGridVault.finalize, (batch.period, batch.vector, batch.wide)))) return;
        bytes memory refusal = _outcome(batch);
        uint256 until = _proposal.time + WINDOW;
        // I7: never before its window is over.
        if (block.timestamp < until) refusal = abi.encodeWithSelector(IGridVault.WindowOpen.selector, uint64(until));
        // I9: what everybody could bear is settled, whatever they do in between.
        else if (_proposal.fits && block.timestamp < until + TTL) vm.assertEq(refusal.length, 0, "what fitted still fits");
        if (refusal.length > 0) _refuse(refusal);
        _finalize(batch);
        if (refusal.length > 0) return _did(block.timestamp < until ? "finalize early" : "finalize refused");
        int256 lacking = _lackingFor(batch);
        uint256 borne = uint256(_wide[0]);
        _apply(batch);
        if (lacking > 0) _did(uint256(_wide[0]) < borne ? "finalize at the supplier's cost" : "finalize with a debt");
        _lastSettled = _proposal.batch;
        _lastCert = _proposal.cert;
        delete _proposal;
        _did("finalize");
    }

    /// @dev Only what was proposed is settled.
    function finalizeOther(uint256 seed) external {
        if (!_proposal.exists || block.timestamp < pausedUntil) return;
        Batch memory batch = abi.decode(_proposal.batch, (Batch));
        bytes4 refusal = IGridVault.ProposalMismatch.selector;
        if (seed % 2 == 0) batch.period.head = bytes32(seed);
        else if (block.timestamp < _proposal.time + WINDOW) return;
        else (batch.vector, refusal) = (bytes.concat(batch.vector, new bytes(32)), IGridVault.VectorMismatch.selector);
        _refuse(refusal);
        vault.finalize(batch.period, batch.vector, batch.wide);
        _did("finalize other");
    }

    function expire() external {
        if (!_proposal.exists) return;
        Batch memory batch = abi.decode(_proposal.batch, (Batch));
        uint256 until = _proposal.time + WINDOW + TTL;
        if (block.timestamp < until) {
            _refuse(abi.encodeWithSelector(IGridVault.ProposalFresh.selector, uint64(until)));
            vault.expire(batch.period);
            return _did("expire early");
        }
        vault.expire(batch.period);
        _dropProposal();
        _did("expire");
    }

    /// @dev Some minutes, a window, a day or a week.
    function wait(uint256 duration) external {
        uint256[4] memory most = [uint256(10 minutes), 2 * WINDOW, TTL + WINDOW, 2 * ESCAPE];
        vm.warp(block.timestamp + _bound(duration >> 8, 1, most[duration % 4]));
        _did("wait");
    }

    function request(uint256 drawn, uint256 ticks) external {
        uint256 account = _account(drawn);
        if (_keyOf(account) == 0) return _requestOfNobody(uint32(account));
        uint256 held = _free(account);
        ticks = ticks % 3 == 0 ? held : _bound(ticks, 1, held + held / 4 + 1);
        address to = _purse(account);
        bytes memory refusal;
        if (_asked[account].ticks != 0) refusal = abi.encodeWithSelector(IEscrow.WithdrawalPending.selector);
        else if (ticks > held) refusal = abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, held, ticks);
        else if (ticks == 0) refusal = abi.encodeWithSelector(IEscrow.ZeroAmount.selector);
        if (ticks == 0 && refusal.length > 0) refusal = abi.encodeWithSelector(IEscrow.ZeroAmount.selector);
        vm.prank(vm.addr(_keyOf(account)));
        if (refusal.length > 0) _refuse(refusal);
        vault.requestWithdraw(uint32(account), to, uint64(ticks));
        if (refusal.length > 0) return _did("request refused");
        _collect(account);
        _asked[account] = Asked(to, block.timestamp, ticks, address(0), 0);
        _did(_isWide(account) ? "request wide" : "request");
    }

    /// @dev What is asked for goes elsewhere, and nothing else changes: not what counts as spent, nor when it is paid.
    function redirect(uint256 drawn, uint256 seed) external {
        uint256 account = _account(drawn);
        uint256 key = _keyOf(account);
        if (key == 0) return;
        address to = _purse(account + 1 + seed % 3);
        bytes memory refusal;
        if (_asked[account].ticks == 0) refusal = abi.encodeWithSelector(IEscrow.NoWithdrawal.selector);
        bytes32 signed = _typed(_redirectHash(account, to, _signedTimes[account], block.timestamp));
        bool isCarried = seed % 2 == 0;
        vm.prank(isCarried ? STRANGER : vm.addr(key));
        if (refusal.length > 0) _refuse(refusal);
        if (isCarried) vault.redirectWithdrawFor(uint32(account), to, block.timestamp, _signature(key, signed));
        else vault.redirectWithdraw(uint32(account), to);
        if (refusal.length > 0) return _did("redirect refused");
        if (isCarried) {
            ++_signedTimes[account];
            _refuse(IRegistry.BadSignature.selector);
            vault.redirectWithdrawFor(uint32(account), to, block.timestamp, _signature(key, signed));
        }
        _asked[account].to = to;
        _did(isCarried ? "redirect carried" : "redirect");
    }

    /// @dev By the governor once, then by who is named; by nobody else.
    function namePayee(uint256 id, uint256 seed) external {
        id %= 8;
        uint256 known = _payeeKeys[id];
        uint256 key = 4_000_000 + seed % 1_000;
        address by = seed % 4 == 0 ? STRANGER : known == 0 || seed % 4 == 1 ? GOVERNOR : vm.addr(known);
        vm.prank(by);
        bool isRefused = known == 0 ? by == STRANGER : by != vm.addr(known);
        if (isRefused && known == 0) _refuseTo(by);
        else if (isRefused) _refuse(IRegistry.NotOwner.selector);
        vault.setPayee(uint8(id), vm.addr(key));
        if (isRefused) return _did("payee refused");
        _payeeKeys[id] = key;
        _did(known == 0 ? "payee named" : "payee passed on");
    }

    /// @dev I6: pays the smaller of what was asked for and what is there, to who it was asked for, and once.
    function pay(uint256 drawn) external {
        uint256 account = _account(drawn);
        Asked memory asked = _asked[account];
        if (asked.ticks == 0) return _payNothing(account);
        if (_isNeeded(account)) return _payNeeded(account);
        bool isSettled = settledUntil >= asked.time;
        bool isEscape = block.timestamp >= asked.time + ESCAPE;
        if (isSettled && !isEscape && _isStopped(STRANGER, abi.encodeCall(IEscrow.finalizeWithdraw, (uint32(account))))) return;
        if (!isSettled && !isEscape) {
            _refuse(IEscrow.WithdrawalLocked.selector);
            vault.finalizeWithdraw(uint32(account));
            return _did("pay early");
        }
        _payOut(account);
        _payNothing(account);
        if (_isWide(account)) _did(_proposal.exists ? "pay wide beside a proposal" : "pay wide");
        _did(block.timestamp < pausedUntil ? "pay while paused" : isSettled ? "pay settled" : "pay by escape");
    }

    /// @dev A payee asks and wants to be paid in spite of a proposal that takes from its account.
    function payNeeded() external {
        for (uint256 account = FIRST_WIDE; account < FIRST_WIDE + 4; ++account) {
            if (!_isNeeded(account) || _keyOf(account) == 0 || _in(account) == 0) continue;
            if (_asked[account].ticks == 0) {
                vm.prank(vm.addr(_keyOf(account)));
                vault.requestWithdraw(uint32(account), _purse(account), uint64(_in(account)));
                _asked[account] = Asked(_purse(account), block.timestamp, _in(account), address(0), 0);
            }
            _payNeeded(account);
        }
    }

    function register(uint256 since) external {
        if (_held.length == MOST_HOMES) return;
        _addHome(_held.length, ++_keyCount, uint48(since));
        _did("register");
    }

    function rotate(uint256 home, uint256 later) external {
        home = _bound(home, 0, _held.length - 1);
        uint48 since = _soon(later);
        uint48 last = _keys[home][_keys[home].length - 1].since;
        if (since < last) since = last;
        if (since >= _until[home]) return;
        address agent = vm.addr(++_keyCount);
        vm.prank(_owner(home));
        vault.rotateAgent(uint32(home), agent, since);
        _keys[home].push(KeyFrom(_keyCount, since));
        _note(abi.encodeCall(IRegistry.rotateAgent, (uint32(home), agent, since)));
        _did("rotate");
    }

    /// @dev As long as those who stay can certify.
    function leaveStreet(uint256 home, uint256 later) external {
        home = _bound(home, 0, _held.length - 1);
        uint48 until = _soon(later);
        if (until >= _until[home]) return;
        for (uint256 i; i < _sets.length; ++i) if (!_canCertify(_set(i), STAYS - 1, home)) return;
        vm.prank(later % 2 == 0 ? REGISTRAR : _owner(home));
        vault.leaveStreet(uint32(home), until);
        _until[home] = until;
        _note(abi.encodeCall(IRegistry.leaveStreet, (uint32(home), until)));
        _did("leave");
    }

    /// @dev Anything may be asked for; what is unfair, or can't be, is refused (I11 looks at what was taken).
    function nameValidators(uint256 seed, uint256 later) external {
        uint48 since = _soon(later);
        uint48 last = _set(_sets.length - 1).since;
        if (since < last) since = last;
        IRegistry.Validator[] memory validators = _staying(seed, since);
        if (validators.length == 0) return;
        uint256[3] memory members;
        for (uint256 i; i < validators.length; ++i) ++members[uint256(validators[i].class)];
        uint8[3] memory minimums;
        for (uint256 i; i < 3; ++i) minimums[i] = uint8(_draw(seed, 500 + i) % (members[i] + 1));
        bool isFair = _isFair(members, minimums);
        if (isFair) _nameValidators(since, validators, minimums);
        else {
            vm.prank(GOVERNOR);
            (bool isTaken, ) = address(vault).call(abi.encodeCall(IRegistry.setValidators, (since, validators, minimums)));
            vm.assertTrue(!isTaken, "an unfair set was taken");
        }
        _did(isFair ? "name validators" : "unfair validators");
    }

    /// @dev I5: whatever has happened, everybody leaves with everything; a pause holds nobody back.
    function exit() external {
        for (uint256 home; home < _held.length; ++home) if (_asked[home].ticks != 0) _exit(home);
        if (vm.getBlockTimestamp() < pausedUntil) vm.warp(pausedUntil);
        for (uint256 home; home < _held.length; ++home) {
            vault.repay(uint32(home));
            _collect(home);
            if (_held[home] == 0) continue;
            _asked[home] = Asked(_purse(home), block.timestamp, uint256(_held[home]), address(0), 0);
            _request(home, _purse(home), uint256(_held[home]));
        }
        vm.warp(vm.getBlockTimestamp() + ESCAPE);
        vm.prank(GUARDIAN);
        vault.pause(MAX_PAUSE);
        for (uint256 home; home < _held.length; ++home) if (_asked[home].ticks != 0) _payOut(home);
        for (uint256 home; home < _held.length; ++home) vm.assertEq(vault.balanceOf(uint32(home)), 0, "all is out");
        _exitWide();
    }

    /// @dev A proposal that takes from a wide account is settled or, by now, dropped by anybody; then a pause holds nobody back.
    function _exitWide() private {
        if (_proposal.exists) {
            vault.expire(abi.decode(_proposal.batch, (Batch)).period);
            _dropProposal();
        }
        for (uint8 id; id < 8; ++id) {
            if (_payeeKeys[id] == 0) {
                _namePayee(id);
                _payeeKeys[id] = _payeeKey(id);
            }
            if (_asked[FIRST_WIDE + id].ticks != 0) _exit(FIRST_WIDE + id);
            if (_wide[id] == 0) continue;
            _asked[FIRST_WIDE + id] = Asked(_purse(id), vm.getBlockTimestamp(), uint256(_wide[id]), address(0), 0);
            vm.prank(vm.addr(_payeeKeys[id]));
            vault.requestWithdraw(FIRST_WIDE + id, _purse(id), uint64(uint256(_wide[id])));
        }
        vm.warp(vm.getBlockTimestamp() + ESCAPE);
        vm.prank(GUARDIAN);
        vault.pause(MAX_PAUSE);
        for (uint8 id; id < 8; ++id) {
            if (_asked[FIRST_WIDE + id].ticks != 0) _payOut(FIRST_WIDE + id);
            vm.assertEq(vault.wideBalance(id), 0, "all of it is out");
        }
    }

    function _exit(uint256 account) private {
        if (vm.getBlockTimestamp() < _asked[account].time + ESCAPE) vm.warp(_asked[account].time + ESCAPE);
        _payOut(account);
    }

    /// @dev Of a wide account without a payee nobody has anything.
    function _requestOfNobody(uint32 account) private {
        vm.prank(GOVERNOR);
        _refuse(IRegistry.NotOwner.selector);
        vault.requestWithdraw(account, GOVERNOR, 1);
        _did("request of nobody");
    }

    /// @dev What is there of what was asked for; the fee to who carried the request, the rest to who it was asked for.
    function _payOut(uint256 account) private {
        Asked memory asked = _asked[account];
        _collect(account);
        uint256 ticks = asked.ticks < _in(account) ? asked.ticks : _in(account);
        uint256 fee = asked.fee < ticks ? asked.fee : ticks;
        uint256 before = token.balanceOf(asked.to);
        uint256 relayed = token.balanceOf(asked.relayer);
        vault.finalizeWithdraw(uint32(account));
        vm.assertEq(token.balanceOf(asked.to) - before, (ticks - fee) * TICK, "paid what was asked for");
        vm.assertEq(token.balanceOf(asked.relayer) - relayed, fee * TICK, "paid who carried it");
        _takeOut(account, ticks);
        delete _asked[account];
    }

    /// @dev The open proposal is gone as if it had never been made.
    function _dropProposal() internal {
        if (periods == 0) nextInterval = 0;
        delete _proposal;
    }

    /// @dev While the vault is paused: makes the call, which must be refused for that.
    function _isStopped(address by, bytes memory call) internal returns (bool) {
        if (block.timestamp >= pausedUntil) return false;
        vm.prank(by);
        (bool isTaken, bytes memory refusal) = address(vault).call(call);
        vm.assertTrue(!isTaken, "taken while paused");
        vm.assertEq(refusal, abi.encodeWithSelector(IGridVault.VaultPaused.selector, uint64(pausedUntil)), "for the pause");
        _did("stopped by a pause");
        return true;
    }

    function _payNeeded(uint256 account) private {
        bool isEscape = block.timestamp >= _asked[account].time + ESCAPE;
        _refuse(abi.encodeWithSelector(IEscrow.WideNeeded.selector, account - FIRST_WIDE));
        vault.finalizeWithdraw(uint32(account));
        _did(isEscape ? "pay needed by escape" : "pay needed");
    }

    function _payNothing(uint256 account) private {
        _refuse(IEscrow.NoWithdrawal.selector);
        vault.finalizeWithdraw(uint32(account));
        _did("pay nothing");
    }

    function _proposeBatch(Batch memory batch, bool isFitting) private {
        bytes memory cert = _certify(vault.digest(batch.period), batch.period.fromInterval, type(uint256).max);
        _propose(batch, cert);
        _proposal = Open({exists: true, fits: isFitting, time: block.timestamp, batch: abi.encode(batch), cert: cert});
        nextInterval = batch.period.fromInterval;
        _did(isFitting ? "propose" : "propose too much");
    }

    /// @dev Makes a sound batch unsound in one way; the error that must come of it.
    function _spoil(Batch memory batch, uint256 kind) private view returns (bytes memory) {
        if (kind == 0) {
            batch.period.period += 1;
            return abi.encodeWithSelector(IGridVault.WrongPeriod.selector, FIRST_PERIOD + periods, batch.period.period);
        }
        if (_proposal.exists) return abi.encodeWithSelector(IGridVault.ProposalOpen.selector);
        if (kind == 1) {
            batch.period.prevPeriod = keccak256(abi.encode(link));
            return abi.encodeWithSelector(IGridVault.WrongLink.selector, link, batch.period.prevPeriod);
        }
        if (kind == 2) {
            batch.period.toInterval = batch.period.fromInterval - 1;
            return abi.encodeWithSelector(IGridVault.BadIntervalRange.selector);
        }
        if (kind == 3) {
            batch.period.coversUntil = uint64(block.timestamp + AHEAD + 1);
            if (batch.period.coversUntil < settledUntil) batch.period.coversUntil = settledUntil;
            return abi.encodeWithSelector(IGridVault.FutureCover.selector);
        }
        if (kind == 4) {
            (batch.wide, batch.vector) = (Reference.wide(1, 1), bytes(""));
            (batch.period.wideHash, batch.period.vectorHash) = (keccak256(batch.wide), keccak256(batch.vector));
            return abi.encodeWithSelector(IGridVault.NotConserved.selector, int256(1));
        }
        if (kind == 5) {
            batch.vector = new bytes(32 * ((_held.length + 7) / 8 + 1));
            batch.period.vectorHash = keccak256(batch.vector);
            return abi.encodeWithSelector(IGridVault.BadVector.selector);
        }
        batch.vector = bytes.concat(batch.vector, hex"00");
        return abi.encodeWithSelector(IGridVault.VectorMismatch.selector);
    }

    /// @dev One home loses more than it has: a little, much, or more than the supplier can bear. The supplier gains it, or the community.
    function _tooMuch(uint256 home, uint256 seed) private view returns (Batch memory) {
        int256[3] memory lacking = [int256(1), int256(1 + (seed >> 64) % 5_000), 1 + _wide[0]];
        int256[] memory changes = new int256[](home + 1);
        changes[home] = -_held[home] - lacking[(seed >> 16) % 3];
        if (changes[home] < Reference.SMALLEST) changes[home] = Reference.SMALLEST;
        return (seed >> 8) % 2 == 0 ? _batch(changes) : _batch(Reference.vector(changes), Reference.wide(2, -changes[home]));
    }

    /// @dev Up to nine homes that are in the street at `since` and haven't said that they go, of any classes.
    function _staying(uint256 seed, uint48 since) private view returns (IRegistry.Validator[] memory validators) {
        uint256 count;
        IRegistry.Validator[] memory drawn = new IRegistry.Validator[](9);
        for (uint256 home; home < _held.length && count < 9; ++home) {
            if (_until[home] != STAYS || _keyAt(home, since) == 0 || _draw(seed, home) % 3 == 0) continue;
            uint256 class = _draw(seed, 300 + home) % 6;
            drawn[count++] = IRegistry.Validator(uint32(home), IRegistry.Class(class > 2 ? 0 : class));
        }
        validators = new IRegistry.Validator[](count);
        for (uint256 i; i < count; ++i) validators[i] = drawn[i];
    }

    function _isFair(uint256[3] memory members, uint8[3] memory minimums) private pure returns (bool) {
        (uint256 homes, uint256 others) = (members[0], members[1] + members[2]);
        uint256 need = _quorum(homes + others);
        if (others >= need && minimums[0] == 0) return false;
        return others == 0 || homes < need || minimums[1] + minimums[2] > 0;
    }

    /// @dev An interval that a change may name: the first after the next period's first one, or some later.
    function _soon(uint256 later) private view returns (uint48) {
        uint256 first = nextInterval + 1;
        return uint48(first + (later >> 8) % 200);
    }

    function _first(bytes memory cert, uint256 entries) private pure returns (bytes memory cut) {
        cut = new bytes(66 * entries);
        for (uint256 i; i < cut.length; ++i) cut[i] = cert[i];
    }

    function _purse(uint256 account) internal pure returns (address) {
        return address(uint160(0x9125e0000 + account));
    }

    function _did(string memory what) internal {
        ++times[what];
    }
}
