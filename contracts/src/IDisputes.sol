// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommunity} from "./ICommunity.sol";
import {IGridVault} from "./IGridVault.sol";

/// @title Showing that a certified period is wrong
/// @notice A period binds all that it follows from: `head` is the hash of the last interval's result, which links to the one before,
/// and each names Merkle roots of the interval's fills, homes and accounts (OpenZeppelin's MerkleProof, leaves hashed twice). A proof
/// opens as much of that as shows one fault. Money is in nano-currency, energy in Wh, prices in micro-currency per kWh.
interface IDisputes {
    /// @notice What is wrong.
    enum Fraud {
        /// @notice The period's root or a home's change isn't what the ledger says: `AccountProof`.
        Account,
        /// @notice A fill isn't what the home signed: `OrderProof`.
        Order,
        /// @notice Fills contradict each other or what is told of a home: `DoubleFillProof`.
        DoubleFill,
        /// @notice An account moved as the rules don't say: `LedgerStepProof`.
        LedgerStep
    }

    /// @notice What the homes agreed on for one interval. Its EIP-712 struct hash is what the next one's `prevHead` names.
    struct Result {
        uint256 interval;
        /// @notice 0 trade, 1 void.
        uint256 kind;
        /// @notice 0 in a street's first interval.
        bytes32 prevHead;
        bytes32 orderSetRoot;
        bytes32 readingSetRoot;
        bytes32 clearingRoot;
        bytes32 ledgerRoot;
        bytes32 nextMembers;
    }

    /// @notice What a `clearingRoot` is the keccak-256 of.
    struct Clearing {
        bytes32 fillsRoot;
        bytes32 homesRoot;
        bytes32 rest;
    }

    /// @notice Leaf of a fill, by rising home, then by rising order.
    struct Fill {
        uint256 position;
        /// @notice The order's EIP-712 digest.
        bytes32 order;
        uint256 home;
        /// @notice 0 buy, 1 sell.
        uint256 side;
        uint256 energy;
        uint256 price;
        int256 amount;
        /// @notice The order's energy and limit, its number, and the signature under it.
        uint256 wanted;
        uint256 limit;
        uint256 seq;
        bytes32 r;
        bytes32 s;
        uint256 v;
    }

    /// @notice Leaf of what a home did in an interval, by rising home; homes that did nothing have none.
    struct Home {
        uint256 position;
        uint256 home;
        /// @notice The next leaf's home; 0 behind the last.
        uint256 nextHome;
        uint256 firstFill;
        uint256 fillCount;
        uint256 bought;
        uint256 sold;
        int256 tradeAmount;
        uint256 withheld;
    }

    /// @notice Leaf of an account, by rising home; all is cumulative.
    struct Account {
        uint256 position;
        uint256 home;
        /// @notice The next leaf's home; 0 behind the last.
        uint256 nextHome;
        int256 balance;
        uint256 bought;
        uint256 sold;
        uint256 utilityImport;
        uint256 utilityExport;
        /// @notice 1 once a reading counted; zeros follow otherwise.
        uint256 metered;
        uint256 interval;
        uint256 importWh;
        uint256 exportWh;
        uint256 assumedImportWh;
        uint256 assumedExportWh;
        /// @notice What batches have carried, before the one that the root's interval closes.
        int256 carriedTicks;
    }

    /// @notice A fill and the way to its root.
    struct FillShown {
        Fill leaf;
        bytes32[] path;
    }

    /// @notice A home's leaf, or one that shows that it has none; with no leaf at all nothing is read.
    struct HomeShown {
        Home leaf;
        bytes32[] path;
    }

    /// @notice A home's account, or one that shows that it has none; with no account at all nothing is read.
    struct AccountShown {
        Account leaf;
        bytes32[] path;
    }

    /// @notice The numbers of the market rules that money is settled by, as the street began with them.
    struct Numbers {
        uint256 importPrice;
        uint256 exportPrice;
        uint256 maxOrderWh;
        uint256 maxOrdersPerHome;
        /// @notice In micro-currency.
        uint256 withheldCharge;
        uint256 periodIntervals;
    }

    /// @notice For `Fraud.Account`. `results`: the last interval's; or as far back as the chain is wrong. `previous`: the period before,
    /// where results down to the third of this one show that they don't go on from its head; zeros otherwise.
    struct AccountProof {
        Result[] results;
        IGridVault.Period previous;
        uint256 home;
        AccountShown account;
        bytes vector;
    }

    /// @notice For `Fraud.Order`. `results`: from the last interval's back to the one that has the fill.
    struct OrderProof {
        Result[] results;
        Clearing clearing;
        FillShown fill;
    }

    /// @notice For `Fraud.DoubleFill`. `results` as in `OrderProof`. Of `fills` each is compared with the home's leaf and with the next
    /// one; all of the home's, in order, are summed.
    struct DoubleFillProof {
        Result[] results;
        Clearing clearing;
        uint256 home;
        HomeShown traded;
        FillShown[] fills;
    }

    /// @notice For `Fraud.LedgerStep`. `results`: from the last interval's back to the one that is settled; `step` is where among them
    /// stands the one that settles it, two after. In a street's first two intervals nothing is settled, and what lies before isn't read.
    struct LedgerStepProof {
        Result[] results;
        uint256 step;
        Clearing clearing;
        uint256 home;
        HomeShown traded;
        AccountShown earlier;
        AccountShown later;
        Numbers numbers;
        /// @notice The rules' hash is keccak-256(keccak-256(abi.encode(numbers)) | restOfRules).
        bytes32 restOfRules;
    }

    /// @notice All that is shown is as it must be.
    error NoFraud();
    /// @notice What is shown isn't what the period binds.
    error ProofInvalid();

    /// @notice Reverts unless `proof` shows that the certified period is wrong. Stateless; the caller is the vault.
    /// @param p The period.
    /// @param kind What is wrong.
    /// @param proof The struct of that kind, encoded.
    function prove(IGridVault.Period calldata p, Fraud kind, bytes calldata proof) external view;

    /// @notice Hash of the market rules that the street began with, which names it in all that homes sign.
    function rulesHash() external view returns (bytes32);

    /// @notice Where homes vote on other numbers; of those only what a withheld order costs is settled by. 0 where they never do.
    function community() external view returns (ICommunity);
}
