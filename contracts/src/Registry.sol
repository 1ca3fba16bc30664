// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IRegistry} from "./IRegistry.sol";

/// @title The homes of a street, with all that was ever said of them
/// @dev A home is added once and never taken away, so that an id means the same home for ever.
abstract contract Registry is IRegistry, EIP712, AccessManaged {
    /// @notice The most homes that one vault settles in one transaction.
    uint256 public constant MAX_HOMES = 20_480;

    bytes32 private constant ROTATE_TYPEHASH = keccak256("RotateAgent(uint32 home,address agent,uint48 since)");
    bytes32 private constant LEAVE_TYPEHASH = keccak256("Leave(uint32 home,uint48 until)");

    /// @inheritdoc IRegistry
    bytes32 public registryHead;

    Home[] private _homes;
    mapping(uint256 id => Key[]) private _formerKeys;
    mapping(address agent => bool) private _isUsed;

    constructor(address authority_) AccessManaged(authority_) {
        if (authority_ == address(0)) revert ZeroAddress();
    }

    /// @inheritdoc IRegistry
    function register(address owner, address agent, bytes32 name, uint48 since) external restricted returns (uint32) {
        return _register(owner, agent, name, since);
    }

    /// @inheritdoc IRegistry
    function registerMany(NewHome[] calldata added) external restricted {
        for (uint256 i; i < added.length; ++i) _register(added[i].owner, added[i].agent, added[i].name, added[i].since);
    }

    /// @inheritdoc IRegistry
    function rotateAgent(uint32 id, address agent, uint48 since) external {
        if (msg.sender != _ownerOf(id)) revert NotOwner();
        _rotate(id, agent, since);
    }

    /// @inheritdoc IRegistry
    function rotateAgentFor(uint32 id, address agent, uint48 since, bytes calldata signature) external {
        _requireSigned(_ownerOf(id), keccak256(abi.encode(ROTATE_TYPEHASH, id, agent, since)), signature);
        _rotate(id, agent, since);
    }

    /// @inheritdoc IRegistry
    function leaveStreet(uint32 id, uint48 until) external {
        _requireHome(id);
        // Whom the authority lets may revoke a home.
        if (msg.sender != _homes[id].owner) _checkCanCall(msg.sender, msg.data);
        _leave(id, until);
    }

    /// @inheritdoc IRegistry
    function leaveStreetFor(uint32 id, uint48 until, bytes calldata signature) external {
        _requireSigned(_ownerOf(id), keccak256(abi.encode(LEAVE_TYPEHASH, id, until)), signature);
        _leave(id, until);
    }

    /// @inheritdoc IRegistry
    function homeCount() public view returns (uint256) {
        return _homes.length;
    }

    /// @inheritdoc IRegistry
    function home(uint32 id) external view returns (Home memory) {
        _requireHome(id);
        return _homes[id];
    }

    /// @inheritdoc IRegistry
    function homes(uint256 from, uint256 count) external view returns (Home[] memory page, Key[][] memory former) {
        uint256 size = _pageSize(from, count);
        page = new Home[](size);
        former = new Key[][](size);
        for (uint256 i; i < size; ++i) {
            page[i] = _homes[from + i];
            former[i] = _formerKeys[from + i];
        }
    }

    /// @inheritdoc IRegistry
    function agentAt(uint32 id, uint256 interval) public view returns (address) {
        if (id >= _homes.length) return address(0);
        Home storage each = _homes[id];
        if (interval >= each.until) return address(0);
        if (interval >= each.agentSince) return each.agent;
        Key[] storage former = _formerKeys[id];
        for (uint256 i = former.length; i > 0; --i) {
            if (interval >= former[i - 1].since) return former[i - 1].agent;
        }
        return address(0);
    }

    function _register(address owner, address agent, bytes32 name, uint48 since) private returns (uint32 id) {
        if (owner == address(0)) revert ZeroAddress();
        if (_homes.length >= MAX_HOMES) revert RegistryFull();
        _useAgent(agent, owner);

        id = uint32(_homes.length);
        _homes.push(
            Home({owner: owner, since: since, agent: agent, agentSince: since, until: type(uint48).max, name: name})
        );
        _record(abi.encodeCall(IRegistry.register, (owner, agent, name, since)));
        emit HomeRegistered(id, owner, agent, name, since);
    }

    function _rotate(uint32 id, address agent, uint48 since) private {
        Home storage each = _homes[id];
        if (since >= each.until) revert AlreadyLeft(each.until);
        _requireLater(since, each.agentSince);
        _useAgent(agent, each.owner);

        _formerKeys[id].push(Key({agent: each.agent, since: each.agentSince}));
        (each.agent, each.agentSince) = (agent, since);
        _record(abi.encodeCall(IRegistry.rotateAgent, (id, agent, since)));
        emit AgentRotated(id, agent, since);
    }

    function _leave(uint32 id, uint48 until) private {
        Home storage each = _homes[id];
        if (until >= each.until) revert AlreadyLeft(each.until);
        _requireLater(until, 0);

        each.until = until;
        _record(abi.encodeCall(IRegistry.leaveStreet, (id, until)));
        emit HomeLeft(id, until);
    }

    /// @dev A key that ever signed for a home never signs for another, nor twice for the same.
    function _useAgent(address agent, address owner) private {
        if (agent == address(0)) revert ZeroAddress();
        if (agent == owner) revert OwnerIsAgent();
        if (_isUsed[agent]) revert AgentTaken(agent);
        _isUsed[agent] = true;
    }

    /// @dev Continues the hash chain with a change, written as the call that makes it.
    function _record(bytes memory change) internal {
        registryHead = keccak256(abi.encode(registryHead, change));
    }

    /// @dev The first interval that isn't settled: its period's set and all before it stay as they are.
    function _nextUnsettled() internal view virtual returns (uint256);

    /// @dev Reverts when a change would count for what is settled or settled next, or from before the `last` one on.
    function _requireLater(uint256 since, uint256 last) internal view {
        uint256 earliest = _nextUnsettled() + 1;
        if (earliest < last) earliest = last;
        if (since < earliest) revert TooEarly(since, earliest);
    }

    function _requireHome(uint32 id) internal view {
        if (id >= _homes.length) revert UnknownAccount(id);
    }

    function _ownerOf(uint32 id) internal view returns (address) {
        _requireHome(id);
        return _homes[id].owner;
    }

    function _requireSigned(address owner, bytes32 structHash, bytes calldata signature) internal view {
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, _hashTypedDataV4(structHash), signature)) revert BadSignature();
    }

    /// @dev Homes on a page that begins at `from`; the last page is short.
    function _pageSize(uint256 from, uint256 count) internal view returns (uint256) {
        uint256 rest = from < _homes.length ? _homes.length - from : 0;
        return count < rest ? count : rest;
    }
}
