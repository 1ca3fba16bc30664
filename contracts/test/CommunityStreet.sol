// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommunity} from "../src/ICommunity.sol";
import {ContractWallet} from "./ContractWallet.sol";
import {Street} from "./Street.sol";

/// @title All that Community shows, without its code
interface ICommunityShown is ICommunity {
    /// @notice As Community has it.
    struct Config {
        address vault;
        Rules rules;
        Numbers least;
        Numbers most;
        uint32 votingSeconds;
        uint32 delaySeconds;
        uint32 graceSeconds;
    }

    function vault() external view returns (address);
    function votingSeconds() external view returns (uint32);
    function delaySeconds() external view returns (uint32);
    function graceSeconds() external view returns (uint32);
    function MAX_AHEAD() external view returns (uint48);
}

/// @title A street with its community, and what owners sign for it
abstract contract CommunityStreet is Street {
    string internal constant COMMUNITY = "Community.sol:Community";
    uint32 internal constant VOTING = 1 days;
    uint32 internal constant DELAY = uint32(ESCAPE) + 1;
    uint32 internal constant GRACE = 2 days;
    uint48 internal constant MAX_AHEAD = 200_000;
    /// @dev From when on the first rules count, and the first interval that isn't settled once one period is.
    uint48 internal constant RULES_SINCE = 40_000;
    uint48 internal constant NEXT = uint48(FIRST_INTERVAL) + 96;

    bytes32 private constant MOTION =
        keccak256(
            "Motion(uint32 home,bytes32 hash,uint48 since,uint16 communityPercent,uint16 kPermille,uint64 withheldCharge,uint64 maxPrice,uint256 nonce)"
        );
    bytes32 private constant VOTE = keccak256("Vote(uint256 motion,uint32 home,bool yes)");

    ICommunityShown internal community;

    function _least() internal pure returns (ICommunity.Numbers memory) {
        return ICommunity.Numbers({communityPercent: 0, kPermille: 250, withheldCharge: 0, maxPrice: 500_000});
    }

    function _most() internal pure returns (ICommunity.Numbers memory) {
        return ICommunity.Numbers({communityPercent: 50, kPermille: 750, withheldCharge: 1_000_000, maxPrice: 2_000_000});
    }

    /// @dev Rules number `n`, inside the bounds.
    function _rules(uint256 n, uint256 since) internal pure returns (ICommunity.Rules memory) {
        return ICommunity.Rules(keccak256(abi.encode("rules", n)), uint48(since), ICommunity.Numbers(10, 500, 50_000, 1_000_000));
    }

    function _communityConfig() internal view returns (ICommunityShown.Config memory) {
        return
            ICommunityShown.Config({
                vault: address(vault),
                rules: _rules(0, RULES_SINCE),
                least: _least(),
                most: _most(),
                votingSeconds: VOTING,
                delaySeconds: DELAY,
                graceSeconds: GRACE
            });
    }

    /// @dev By its name, as the vault.
    function _newCommunity(ICommunityShown.Config memory config) internal returns (ICommunityShown) {
        return ICommunityShown(vm.deployCode(COMMUNITY, abi.encode(config)));
    }

    /// @dev A period is settled, so that it is certain who is a home.
    function _openCommunity(uint256 homes) internal {
        _open(homes, 4);
        community = _newCommunity(_communityConfig());
        _settle(_emptyBatch());
    }

    /// @dev A home whose owner is a contract that the owner's key signs for.
    function _registerWallet(uint256 home, uint48 since) internal returns (address wallet) {
        wallet = address(new ContractWallet(_owner(home)));
        vm.prank(REGISTRAR);
        vault.register(wallet, _agent(home), bytes32(home), since);
    }

    function _typedMotion(uint256 home, ICommunity.Rules memory rules, uint256 nonce) internal view returns (bytes32) {
        // A struct of words is encoded as its words are.
        return _typedHere(keccak256(abi.encode(MOTION, home, rules, nonce)));
    }

    function _typedVote(uint256 motion, uint256 home, bool yes) internal view returns (bytes32) {
        return _typedHere(keccak256(abi.encode(VOTE, motion, home, yes)));
    }

    function _typedHere(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("Community"), keccak256("1"), block.chainid, address(community)));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
