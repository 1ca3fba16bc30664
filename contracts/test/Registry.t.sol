// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistry} from "../src/IRegistry.sol";
import {Street} from "./Street.sol";

/// @title An owner that is a contract: takes one signature for its own
contract ContractOwner {
    bytes32 private immutable _digest;

    constructor(bytes32 digest) {
        _digest = digest;
    }

    /// @notice ERC-1271.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return digest == _digest && signature.length == 0 ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @title Homes, their keys, and who leaves
contract RegistryTest is Street {
    uint256 private constant HOMES = 10;
    bytes32 private constant ROTATE = keccak256("RotateAgent(uint32 home,address agent,uint48 since)");
    bytes32 private constant LEAVE = keccak256("Leave(uint32 home,uint48 until)");

    function setUp() external {
        _open(HOMES, 4);
    }

    function testFuzz_register(address owner, address agent, bytes32 name, uint48 since) external {
        vm.assume(owner != address(0) && agent != address(0) && owner != agent);
        for (uint256 i; i < HOMES; ++i) vm.assume(agent != _agent(i));
        bytes32 before = vault.registryHead();
        vm.expectEmit();
        emit IRegistry.HomeRegistered(uint32(HOMES), owner, agent, name, since);
        vm.prank(REGISTRAR);
        vm.assertEq(vault.register(owner, agent, name, since), HOMES, "id");
        IRegistry.Home memory home = vault.home(uint32(HOMES));
        vm.assertEq(abi.encode(home), abi.encode(IRegistry.Home(owner, since, agent, since, STAYS, name)), "home");
        bytes memory change = abi.encodeCall(IRegistry.register, (owner, agent, name, since));
        vm.assertEq(vault.registryHead(), keccak256(abi.encode(before, change)), "history");
    }

    function test_registerMany() external {
        IRegistry.NewHome[] memory added = new IRegistry.NewHome[](3);
        for (uint256 i; i < 3; ++i) added[i] = IRegistry.NewHome(_owner(HOMES + i), _agent(HOMES + i), bytes32(i), uint48(i));
        _refuseTo(address(this));
        vault.registerMany(added);
        vm.prank(REGISTRAR);
        vault.registerMany(added);
        vm.assertEq(vault.homeCount(), HOMES + 3, "homes");
        for (uint256 i; i < 3; ++i) vm.assertEq(vault.agentAt(uint32(HOMES + i), 5), _agent(HOMES + i), "agent");
        vm.prank(REGISTRAR);
        _refuse(abi.encodeWithSelector(IRegistry.AgentTaken.selector, _agent(HOMES)));
        vault.registerMany(added);
    }

    function testFuzz_whoIsNotRegistered(address by) external {
        vm.assume(by != REGISTRAR);
        vm.prank(by);
        _refuseTo(by);
        vault.register(_owner(20), _agent(20), 0, 0);
        _refuseRegistration(address(0), _agent(20), abi.encodeWithSelector(IRegistry.ZeroAddress.selector));
        _refuseRegistration(_owner(20), address(0), abi.encodeWithSelector(IRegistry.ZeroAddress.selector));
        _refuseRegistration(_owner(20), _owner(20), abi.encodeWithSelector(IRegistry.OwnerIsAgent.selector));
        _refuseRegistration(_owner(20), _agent(7), abi.encodeWithSelector(IRegistry.AgentTaken.selector, _agent(7)));
        vm.assertEq(vault.homeCount(), HOMES, "homes");
    }

    function test_aStreetIsFull() external {
        for (uint256 slot; slot < 16; ++slot) {
            if (vm.load(address(vault), bytes32(slot)) != bytes32(HOMES)) continue;
            vm.store(address(vault), bytes32(slot), bytes32(vault.MAX_HOMES()));
        }
        vm.assertEq(vault.homeCount(), vault.MAX_HOMES(), "as many as there may be");
        _refuseRegistration(_owner(20), _agent(20), abi.encodeWithSelector(IRegistry.RegistryFull.selector));
    }

    /// @dev Keys in turn; at each interval signs the one that a list from its end says.
    function testFuzz_keysInTurn(uint256 seed, uint48 until, uint48 asked) external {
        uint48[6] memory since;
        since[0] = 3;
        for (uint256 i = 1; i < 6; ++i) {
            since[i] = since[i - 1] + uint48(_draw(seed, i) % 40);
            vm.prank(_owner(3));
            vault.rotateAgent(3, _agent(100 + i), since[i]);
        }
        until = uint48(_bound(until, since[5] + 1, 400));
        vm.prank(_owner(3));
        vault.leaveStreet(3, until);
        asked = asked % 500;
        address expected;
        for (uint256 i; i < 6; ++i) if (since[i] <= asked) expected = i == 0 ? _agent(3) : _agent(100 + i);
        if (asked >= until) expected = address(0);
        vm.assertEq(vault.agentAt(3, asked), expected, "key");
        (IRegistry.Home[] memory page, IRegistry.Key[][] memory former) = vault.homes(3, 1);
        vm.assertEq(page[0].agent, _agent(105), "newest");
        vm.assertEq(former[0].length, 5, "former");
        for (uint256 i; i < 5; ++i) {
            vm.assertEq(former[0][i].agent, i == 0 ? _agent(3) : _agent(100 + i), "former key");
            vm.assertEq(former[0][i].since, since[i], "since");
        }
    }

    function test_nobodySignsForNobody() external view {
        vm.assertEq(vault.agentAt(uint32(HOMES), FIRST_INTERVAL), address(0), "no home");
        vm.assertEq(vault.agentAt(3, 2), address(0), "before its time");
        vm.assertEq(vault.agentAt(3, 3), _agent(3), "from its time on");
    }

    function testFuzz_whoRotates(address by, address used) external {
        vm.assume(by != _owner(3) && by != address(0));
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.rotateAgent(3, _agent(100), 20);
        vm.assume(used != address(0) && used != _owner(3) && used != _owner(4));
        for (uint256 i; i < HOMES; ++i) vm.assume(used != _agent(i));
        _rotate(3, used, 20, "");
        _rotate(3, used, 30, abi.encodeWithSelector(IRegistry.AgentTaken.selector, used));
        _rotate(4, used, 30, abi.encodeWithSelector(IRegistry.AgentTaken.selector, used));
        _rotate(3, address(0), 30, abi.encodeWithSelector(IRegistry.ZeroAddress.selector));
        _rotate(3, _owner(3), 30, abi.encodeWithSelector(IRegistry.OwnerIsAgent.selector));
        _rotate(3, _agent(100), 19, abi.encodeWithSelector(IRegistry.TooEarly.selector, 19, 20));
        vm.prank(_owner(3));
        _refuse(abi.encodeWithSelector(IRegistry.UnknownAccount.selector, HOMES));
        vault.rotateAgent(uint32(HOMES), _agent(100), 20);
    }

    function testFuzz_whoLeaves(address by, uint48 until) external {
        vm.assume(by != _owner(3) && by != REGISTRAR);
        until = uint48(_bound(until, 1, STAYS - 1));
        vm.prank(by);
        _refuseTo(by);
        vault.leaveStreet(3, until);
        bytes32 before = vault.registryHead();
        vm.expectEmit();
        emit IRegistry.HomeLeft(3, until);
        vm.prank(until % 2 == 0 ? REGISTRAR : _owner(3));
        vault.leaveStreet(3, until);
        bytes memory change = abi.encodeCall(IRegistry.leaveStreet, (3, until));
        vm.assertEq(vault.registryHead(), keccak256(abi.encode(before, change)), "history");
        _refuseLeave(until, abi.encodeWithSelector(IRegistry.AlreadyLeft.selector, until));
        _rotate(3, _agent(100), until, abi.encodeWithSelector(IRegistry.AlreadyLeft.selector, until));
        if (until == 1) return;
        vm.prank(_owner(3));
        vault.leaveStreet(3, until - 1);
        _refuseLeave(0, abi.encodeWithSelector(IRegistry.TooEarly.selector, 0, 1));
    }

    function test_nobodyLeavesWithoutAHome() external {
        vm.prank(REGISTRAR);
        _refuse(abi.encodeWithSelector(IRegistry.UnknownAccount.selector, HOMES));
        vault.leaveStreet(uint32(HOMES), 20);
    }

    /// @dev What the owner signed is carried by anyone, once, and nothing else is.
    function testFuzz_rotateAgentFor(uint256 key, address agent, uint48 since, bytes calldata other) external {
        since = uint48(_bound(since, 4, STAYS - 1));
        vm.assume(agent != address(0) && agent != _owner(3));
        for (uint256 home; home < HOMES; ++home) vm.assume(agent != _agent(home));
        key = _bound(key, 1, 1e18);
        vm.assume(key != _ownerKey(3));
        bytes32 signed = _typed(keccak256(abi.encode(ROTATE, 3, agent, since)));
        _refuse(IRegistry.BadSignature.selector);
        vault.rotateAgentFor(3, agent, since, _signature(key, signed));
        _refuse(IRegistry.BadSignature.selector);
        vault.rotateAgentFor(3, agent, since, other);
        bytes memory right = _signature(_ownerKey(3), signed);
        _refuse(IRegistry.BadSignature.selector);
        vault.rotateAgentFor(3, agent, since - 1, right);
        _refuse(abi.encodeWithSelector(IRegistry.UnknownAccount.selector, HOMES));
        vault.rotateAgentFor(uint32(HOMES), agent, since, right);
        vm.expectEmit();
        emit IRegistry.AgentRotated(3, agent, since);
        vault.rotateAgentFor(3, agent, since, right);
        vm.assertEq(vault.agentAt(3, since), agent, "key");
        _refuse(abi.encodeWithSelector(IRegistry.AgentTaken.selector, agent));
        vault.rotateAgentFor(3, agent, since, right);
    }

    function testFuzz_leaveStreetFor(uint256 key, uint48 until) external {
        until = uint48(_bound(until, 2, STAYS - 1));
        key = _bound(key, 1, 1e18);
        vm.assume(key != _ownerKey(3));
        bytes32 signed = _typed(keccak256(abi.encode(LEAVE, 3, until)));
        bytes memory right = _signature(_ownerKey(3), signed);
        _refuse(IRegistry.BadSignature.selector);
        vault.leaveStreetFor(3, until, _signature(key, signed));
        _refuse(IRegistry.BadSignature.selector);
        vault.leaveStreetFor(3, until - 1, right);
        _refuse(IRegistry.BadSignature.selector);
        vault.leaveStreetFor(4, until, right);
        vault.leaveStreetFor(3, until, right);
        vm.assertEq(vault.home(3).until, until, "until");
        _refuse(abi.encodeWithSelector(IRegistry.AlreadyLeft.selector, until));
        vault.leaveStreetFor(3, until, right);
    }

    function test_anOwnerThatIsAContractSaysItself() external {
        bytes32 signed = _typed(keccak256(abi.encode(LEAVE, HOMES, 20)));
        ContractOwner owner = new ContractOwner(signed);
        vm.prank(REGISTRAR);
        vault.register(address(owner), _agent(100), 0, 0);
        _refuse(IRegistry.BadSignature.selector);
        vault.leaveStreetFor(uint32(HOMES), 21, "");
        _refuse(IRegistry.BadSignature.selector);
        vault.leaveStreetFor(uint32(HOMES), 20, hex"00");
        vault.leaveStreetFor(uint32(HOMES), 20, "");
        vm.assertEq(vault.home(uint32(HOMES)).until, 20, "until");
    }

    /// @dev What is settled, proposed or settled next keeps who it has.
    function testFuzz_changesComeAfterTheNextPeriod(uint48 since, bool isSettled) external {
        if (isSettled) _settle(_emptyBatch());
        else _propose(_emptyBatch());
        uint48 next = uint48(FIRST_INTERVAL) + (isSettled ? 96 : 0);
        since = uint48(_bound(since, 0, next));
        bytes memory refusal = abi.encodeWithSelector(IRegistry.TooEarly.selector, since, next + 1);
        _rotate(3, _agent(100), since, refusal);
        _refuseLeave(since, refusal);
        IRegistry.Validator[] memory validators = _voters(0, 4);
        vm.prank(GOVERNOR);
        _refuse(refusal);
        vault.setValidators(since, validators, [0, 0, 0]);
        _rotate(3, _agent(100), next + 1, "");
        _setValidators(next + 1, validators);
        vm.prank(_owner(3));
        vault.leaveStreet(3, next + 2);
    }

    function testFuzz_homesByThePage(uint256 from, uint256 count) external view {
        from = _bound(from, 0, 2 * HOMES);
        (IRegistry.Home[] memory page, IRegistry.Key[][] memory former) = vault.homes(from, count);
        uint256 rest = from < HOMES ? HOMES - from : 0;
        vm.assertEq(page.length, count < rest ? count : rest, "size");
        vm.assertEq(former.length, page.length, "former");
        for (uint256 i; i < page.length; ++i) vm.assertEq(page[i].owner, _owner(from + i), "owner");
    }

    function test_homesThatAreNotThere() external {
        _refuse(abi.encodeWithSelector(IRegistry.UnknownAccount.selector, HOMES));
        vault.home(uint32(HOMES));
    }

    function _rotate(uint32 home, address agent, uint48 since, bytes memory refusal) private {
        vm.prank(_owner(home));
        if (refusal.length > 0) _refuse(refusal);
        vault.rotateAgent(home, agent, since);
    }

    function _refuseLeave(uint48 until, bytes memory refusal) private {
        vm.prank(_owner(3));
        _refuse(refusal);
        vault.leaveStreet(3, until);
    }

    function _refuseRegistration(address owner, address agent, bytes memory refusal) private {
        vm.prank(REGISTRAR);
        _refuse(refusal);
        vault.register(owner, agent, 0, 0);
    }

}
