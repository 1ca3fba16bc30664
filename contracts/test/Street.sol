// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IDisputes} from "../src/IDisputes.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Authority} from "./Authority.sol";
import {DisputesDouble} from "./DisputesDouble.sol";
import {ICurrency, IVault} from "./IVault.sol";
import {Reference} from "./Reference.sol";
import {Test} from "./Vm.sol";

/// @title A street for tests: its vault, its people and their keys, its periods and certificates
abstract contract Street is Test {
    string internal constant VAULT = "GridVault.sol:GridVault";
    uint48 internal constant FIRST_PERIOD = 500;
    uint64 internal constant FIRST_INTERVAL = 48_000;
    bytes32 internal constant FIRST_LINK = keccak256("what the first period links to");
    uint48 internal constant WINDOW = 1 hours;
    uint48 internal constant TTL = 1 days;
    uint48 internal constant ESCAPE = 7 days;
    uint48 internal constant AHEAD = 5 minutes;
    uint48 internal constant MAX_PAUSE = 2 days;
    uint256 internal constant TICK = 100;
    /// @dev From when on the first validators certify.
    uint48 internal constant SET_SINCE = 15;
    uint48 internal constant STAYS = type(uint48).max;

    bytes32 internal constant PERIOD =
        keccak256(
            "Period(uint64 period,uint64 fromInterval,uint64 toInterval,uint64 coversUntil,bytes32 prevPeriod,bytes32 head,bytes32 accountsRoot,bytes32 vectorHash,bytes32 wideHash,bytes32 dataHash)"
        );

    bytes32 internal constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 internal constant WITHDRAW =
        keccak256("Withdraw(uint32 home,address to,uint64 ticks,uint64 feeTicks,uint256 nonce,uint256 deadline)");
    bytes32 internal constant REDIRECT = keccak256("Redirect(uint32 home,address to,uint256 nonce,uint256 deadline)");
    bytes32 internal constant WITHDRAW_NOW =
        keccak256("WithdrawNow(uint32 home,address to,uint64 ticks,uint256 nonce,uint64 period,uint256 deadline)");

    address internal constant REGISTRAR = address(0x5e91);
    address internal constant GOVERNOR = address(0x90e4);
    address internal constant GUARDIAN = address(0x90a4);
    address internal constant STRANGER = address(0x57a9);
    /// @dev The number of wide account 0 among accounts of both kinds.
    uint32 internal constant FIRST_WIDE = type(uint32).max - 7;
    /// @dev Has all the money there is.
    address internal constant BANK = address(0xba9c);

    ICurrency internal token;
    IAccessManager internal authority;
    IDisputes internal disputes;
    IVault internal vault;

    /// @dev A period with its bytes.
    struct Batch {
        IGridVault.Period period;
        bytes vector;
        bytes wide;
    }

    function _config() internal view returns (IGridVault.Config memory) {
        return
            IGridVault.Config({
                token: token,
                authority: address(authority),
                firstPeriod: FIRST_PERIOD,
                prevPeriod: FIRST_LINK,
                challengeWindow: WINDOW,
                proposalTtl: TTL,
                escapeDelay: ESCAPE,
                aheadSeconds: AHEAD,
                maxPause: MAX_PAUSE,
                disputes: disputes
            });
    }

    function _openOffices() internal {
        authority = new Authority(address(this));
        disputes = _newDisputes();
    }

    /// @dev Who judges proofs of fraud.
    function _newDisputes() internal virtual returns (IDisputes) {
        return IDisputes(address(new DisputesDouble()));
    }

    /// @dev Who may what, as adapters/evm/governance.ts has it; the governor has no delay here.
    function _assignOffices() internal {
        bytes4[] memory registrar = new bytes4[](3);
        (registrar[0], registrar[1]) = (IRegistry.register.selector, IRegistry.registerMany.selector);
        registrar[2] = IRegistry.leaveStreet.selector;
        bytes4[] memory governor = new bytes4[](2);
        (governor[0], governor[1]) = (IRegistry.setValidators.selector, IEscrow.setPayee.selector);
        bytes4[] memory guardian = new bytes4[](3);
        (guardian[0], guardian[1]) = (IGridVault.veto.selector, IGridVault.pause.selector);
        guardian[2] = IGridVault.unpause.selector;
        _assign(1, REGISTRAR, registrar);
        _assign(2, GOVERNOR, governor);
        _assign(3, GUARDIAN, guardian);
    }

    function _assign(uint64 role, address who, bytes4[] memory may) private {
        authority.setTargetFunctionRole(address(vault), may, role);
        authority.grantRole(role, who, 0);
    }

    /// @dev By its name: so the compiler doesn't put a copy of the vault into each test.
    function _newVault(IGridVault.Config memory config) internal returns (IVault) {
        return IVault(vm.deployCode(VAULT, abi.encode(config)));
    }

    /// @dev Apart, so that what refuses to be built ends this call and not the test.
    function build(string calldata name, bytes calldata args) external returns (address) {
        return vm.deployCode(name, args);
    }

    /// @dev What a period is known by to the one that follows it.
    function _structHash(IGridVault.Period memory p) internal pure returns (bytes32) {
        return keccak256(abi.encode(PERIOD, p));
    }

    /// @dev A vault with so many homes, the first `validators` of which certify.
    function _open(uint256 homes, uint256 validators) internal {
        token = ICurrency(vm.deployCode("TestCurrency.sol:TestCurrency"));
        token.mint(BANK, 1e30);
        _openOffices();
        vault = _newVault(_config());
        _assignOffices();
        vm.prank(BANK);
        token.approve(address(vault), type(uint256).max);
        for (uint256 home; home < homes; ++home) _register(home);
        if (validators > 0) _setValidators(SET_SINCE, _voters(0, validators));
    }

    function _ownerKey(uint256 home) internal pure returns (uint256) {
        return 1_000_000 + home;
    }

    /// @dev The first key of a home; later ones are `n` more than any home.
    function _agentKey(uint256 n) internal pure returns (uint256) {
        return 2_000_000 + n;
    }

    function _owner(uint256 home) internal pure returns (address) {
        return vm.addr(_ownerKey(home));
    }

    function _agent(uint256 n) internal pure returns (address) {
        return vm.addr(_agentKey(n));
    }

    function _register(uint256 home) internal {
        vm.prank(REGISTRAR);
        vault.register(_owner(home), _agent(home), bytes32(home), uint48(home));
    }

    function _setValidators(uint48 since, IRegistry.Validator[] memory validators) internal {
        vm.prank(GOVERNOR);
        vault.setValidators(since, validators, [0, 0, 0]);
    }

    /// @dev `count` homes from `first` on, one voice each.
    function _voters(uint256 first, uint256 count) internal pure returns (IRegistry.Validator[] memory validators) {
        validators = new IRegistry.Validator[](count);
        for (uint256 i; i < count; ++i) validators[i] = IRegistry.Validator(uint32(first + i), IRegistry.Class.Home);
    }

    function _deposit(uint256 home, uint256 ticks) internal {
        vm.prank(BANK);
        vault.deposit(uint32(home), ticks * TICK);
    }

    function _depositWide(uint8 id, uint256 ticks) internal {
        vm.prank(BANK);
        vault.depositWide(id, ticks * TICK);
    }

    function _request(uint256 home, address to, uint256 ticks) internal {
        vm.prank(_owner(home));
        vault.requestWithdraw(uint32(home), to, uint64(ticks));
    }

    /// @dev Who is named payee of a wide account, by its key.
    function _payeeKey(uint256 id) internal pure returns (uint256) {
        return 3_000_000 + id;
    }

    function _payee(uint256 id) internal pure returns (address) {
        return vm.addr(_payeeKey(id));
    }

    function _namePayee(uint8 id) internal {
        vm.prank(GOVERNOR);
        vault.setPayee(id, _payee(id));
    }

    /// @dev By the payee.
    function _requestWide(uint8 id, address to, uint256 ticks) internal {
        vm.prank(_payee(id));
        vault.requestWithdraw(FIRST_WIDE + id, to, uint64(ticks));
    }

    /// @dev A period that follows what the vault holds, with these changes; the supplier takes what the homes leave over.
    function _batch(int256[] memory changes) internal view returns (Batch memory) {
        int256 rest;
        for (uint256 i; i < changes.length; ++i) rest -= changes[i];
        return _batch(Reference.vector(changes), rest == 0 ? bytes("") : Reference.wide(0, rest));
    }

    function _batch(bytes memory vector, bytes memory wide) internal view returns (Batch memory batch) {
        IGridVault.Status memory status = vault.status();
        uint64 from = status.nextInterval == 0 ? FIRST_INTERVAL : status.nextInterval;
        batch.period = IGridVault.Period({
            period: status.nextPeriod,
            fromInterval: from,
            toInterval: from + 95,
            coversUntil: uint64(block.timestamp),
            prevPeriod: status.link,
            head: keccak256(abi.encode(status.link)),
            accountsRoot: bytes32(0),
            vectorHash: keccak256(vector),
            wideHash: keccak256(wide),
            dataHash: bytes32(0)
        });
        (batch.vector, batch.wide) = (vector, wide);
    }

    /// @dev A period in which nothing moves.
    function _emptyBatch() internal view returns (Batch memory) {
        return _batch("", "");
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev EIP-712, from its own words.
    function _typed(bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("GridVault"), keccak256("1"), block.chainid, address(vault)));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev The owner's permit for the vault to take `amount`, and the money to take.
    function _permit(uint256 home, uint256 amount) internal returns (uint8 v, bytes32 r, bytes32 s) {
        address owner = _owner(home);
        vm.prank(BANK);
        token.transfer(owner, amount);
        bytes32 structHash = keccak256(abi.encode(PERMIT, owner, address(vault), amount, token.nonces(owner), type(uint256).max));
        return vm.sign(_ownerKey(home), keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }

    /// @dev What an owner signs to have a request carried.
    function _withdrawHash(uint256 home, address to, uint256 ticks, uint256 fee, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW, home, to, ticks, fee, nonce, deadline));
    }

    /// @dev What an owner signs to have what it asked for sent elsewhere.
    function _redirectHash(uint256 account, address to, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(REDIRECT, account, to, nonce, deadline));
    }

    /// @dev What an owner and the validators sign to have a withdrawal paid at once.
    function _withdrawNowHash(uint256 home, address to, uint256 ticks, uint256 nonce, uint256 period, uint256 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW_NOW, home, to, ticks, nonce, period, deadline));
    }

    /// @dev One entry of a certificate.
    function _entry(uint256 place, uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(uint8(place), r, s, v);
    }

    /// @dev Signed by the validators in places `first` to `first + count - 1`, who are the homes of these ids.
    function _certificate(bytes32 digest, uint256 first, uint256 count) internal pure returns (bytes memory cert) {
        for (uint256 place = first; place < first + count; ++place) cert = bytes.concat(cert, _entry(place, _agentKey(place), digest));
    }

    function _propose(Batch memory batch, bytes memory cert) internal {
        vm.prank(STRANGER);
        vault.propose(batch.period, batch.vector, batch.wide, cert);
    }

    function _finalize(Batch memory batch) internal {
        vm.prank(STRANGER);
        vault.finalize(batch.period, batch.vector, batch.wide);
    }

    /// @dev Proposed by the first three homes.
    function _propose(Batch memory batch) internal {
        _propose(batch, _certificate(vault.digest(batch.period), 0, 3));
    }

    function _settle(Batch memory batch) internal {
        _propose(batch);
        vm.warp(block.timestamp + WINDOW);
        _finalize(batch);
    }

    /// @dev The next call must be refused with exactly this error.
    function _refuse(bytes4 selector) internal {
        vm.expectRevert(abi.encodeWithSelector(selector));
    }

    /// @dev The next call must be refused to who has no office for it.
    function _refuseTo(address by) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, by));
    }

    function _refuse(bytes memory refusal) internal {
        vm.expectRevert(refusal);
    }

    function _debtOf(uint256 home) internal view returns (uint256) {
        (IEscrow.Balance[] memory homes, ) = vault.balances(home, 1);
        return homes[0].debt;
    }

    /// @dev The money in the vault is what the vault owes.
    function _assertSolvent() internal view {
        (IEscrow.Balance[] memory homes, uint128[8] memory wide) = vault.balances(0, vault.homeCount());
        uint256 owed;
        for (uint256 i; i < homes.length; ++i) owed += homes[i].ticks;
        for (uint256 i; i < wide.length; ++i) owed += wide[i];
        vm.assertEq(token.balanceOf(address(vault)), owed * TICK, "held is owed");
    }
}
