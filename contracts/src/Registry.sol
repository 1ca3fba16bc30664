// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "./IGridVault.sol";

/// @title Who belongs to a street
/// @dev Homes are added and never changed, so that an id means the same home for ever.
abstract contract Registry is IGridVault {
    /// @notice The most homes that one vault settles in one transaction.
    uint256 public constant MAX_HOMES = 16_384;

    /// @notice Who may add homes; may do nothing else.
    address public immutable registrar;
    /// @notice Hash chain over all registrations: unchanged means that no home was added.
    bytes32 public registryHead;

    Home[] private _homes;
    mapping(address agent => bool) private _isAgent;

    constructor(address registrar_) {
        if (registrar_ == address(0)) revert ZeroAddress();
        registrar = registrar_;
    }

    /// @inheritdoc IGridVault
    function register(address owner, address agent, bytes32 name, uint64 since) external returns (uint32 id) {
        if (msg.sender != registrar) revert NotRegistrar();
        if (owner == address(0) || agent == address(0)) revert ZeroAddress();
        if (owner == agent) revert OwnerIsAgent();
        if (_isAgent[agent]) revert AgentTaken(agent);
        if (_homes.length >= MAX_HOMES) revert RegistryFull();

        id = uint32(_homes.length);
        _isAgent[agent] = true;
        _homes.push(Home({owner: owner, since: since, agent: agent, name: name}));
        registryHead = keccak256(abi.encode(registryHead, owner, agent, name, since));
        emit HomeRegistered(id, owner, agent, name, since);
    }

    /// @inheritdoc IGridVault
    function homeCount() public view returns (uint256) {
        return _homes.length;
    }

    /// @inheritdoc IGridVault
    function home(uint32 id) external view returns (Home memory) {
        _requireHome(id);
        return _homes[id];
    }

    /// @inheritdoc IGridVault
    function homes(uint256 from, uint256 count) external view returns (Home[] memory page) {
        page = new Home[](_pageSize(from, count));
        for (uint256 i; i < page.length; ++i) page[i] = _homes[from + i];
    }

    function _requireHome(uint32 id) internal view {
        if (id >= _homes.length) revert UnknownAccount(id);
    }

    function _requireOwner(uint32 id) internal view {
        _requireHome(id);
        if (msg.sender != _homes[id].owner) revert NotOwner();
    }

    /// @dev Homes on a page that begins at `from`; the last page is short.
    function _pageSize(uint256 from, uint256 count) internal view returns (uint256) {
        uint256 rest = from < _homes.length ? _homes.length - from : 0;
        return count < rest ? count : rest;
    }
}
