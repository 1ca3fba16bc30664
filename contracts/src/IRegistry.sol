// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who belongs to a street, and who certifies
/// @notice Who is registrar and who is governor says the vault's authority (OpenZeppelin AccessManager).
/// A history: every change counts from a settlement period on that isn't settled yet and stays readable for ever. A
/// period has the members of its first interval; a change that names an interval inside a period counts from the next one on.
interface IRegistry {
    /// @notice Whose voice a validator is.
    enum Class {
        Home,
        Operator,
        Utility
    }

    /// @notice One home of the street; its id is its place in the registry.
    struct Home {
        /// @notice Cold key: may withdraw, change the agent and leave; does nothing else.
        address owner;
        /// @notice The first interval that the home may trade in.
        uint48 since;
        /// @notice Newest hot key: signs orders, readings and votes, and can never withdraw.
        address agent;
        /// @notice The first interval that `agent` signs for.
        uint48 agentSince;
        /// @notice The first interval that the home may no longer trade in; 2^48 - 1: it stays.
        uint48 until;
        /// @notice UTF-8, padded with zeros.
        bytes32 name;
    }

    /// @notice A home that joins.
    struct NewHome {
        /// @notice Cold key, the only one that withdraws.
        address owner;
        /// @notice Hot key that no home ever had.
        address agent;
        /// @notice UTF-8, padded with zeros.
        bytes32 name;
        /// @notice The first interval that it may trade in.
        uint48 since;
    }

    /// @notice A hot key that a home had, and the first interval that it signed for.
    struct Key {
        address agent;
        uint48 since;
    }

    /// @notice A home whose signature certifies, and whose voice it is.
    struct Validator {
        uint32 home;
        Class class;
    }

    /// @notice Who certifies from an interval on: more than two thirds of all, and the minimum of each class.
    struct ValidatorSet {
        uint48 since;
        /// @notice Signatures needed of each class at least.
        uint8[3] minimums;
        /// @notice By rising home id; the place is the index in a certificate.
        Validator[] validators;
    }

    /// @notice `got` signatures came, `need` must.
    error QuorumNotReached(uint256 got, uint256 need);
    /// @notice `got` signatures of a class came, `need` must.
    error QuorumClassMissing(Class class, uint256 got, uint256 need);
    /// @notice Entry number `entry` is malformed, out of order, or not that validator's signature over this digest.
    error BadCertificate(uint256 entry);
    /// @notice Nobody certifies a period that begins with this interval.
    error NoValidators(uint256 interval);
    /// @notice Validators are 1 to 64 homes by strictly rising id, all in the street by then. Number `entry` is not, or is how many there are.
    error BadValidatorSet(uint256 entry);
    /// @notice A class with `have` validators can't be asked for `minimum` signatures.
    error BadMinimum(Class class, uint256 minimum, uint256 have);
    /// @notice `got` validators of one class, or of operator and utility, could certify alone, as `need` suffice.
    error ClassTooStrong(uint256 got, uint256 need);
    /// @notice The change counts too soon: settled intervals and the next one to settle keep who they have, and no change overtakes another.
    error TooEarly(uint256 since, uint256 earliest);
    /// @notice The home leaves with interval `until` already.
    error AlreadyLeft(uint256 until);
    /// @notice No such home or wide account.
    error UnknownAccount(uint256 id);
    /// @notice Only the home's owner key may do this; with a wide account only its payee.
    error NotOwner();
    /// @notice This isn't the owner's signature over this.
    error BadSignature();
    /// @notice An address is missing.
    error ZeroAddress();
    /// @notice The key that trades must not be the key that withdraws.
    error OwnerIsAgent();
    /// @notice This key signs for a home, or did; a key is used once.
    error AgentTaken(address agent);
    /// @notice The street is full.
    error RegistryFull();

    /// @notice A home joined the street.
    event HomeRegistered(uint32 indexed id, address indexed owner, address indexed agent, bytes32 name, uint48 since);
    /// @notice Home `id` signs with another key from interval `since` on.
    event AgentRotated(uint32 indexed id, address indexed agent, uint48 since);
    /// @notice Home `id` trades no more from interval `until` on.
    event HomeLeft(uint32 indexed id, uint48 until);
    /// @notice Others certify from interval `since` on.
    event ValidatorsSet(uint48 indexed since, Validator[] validators, uint8[3] minimums);

    /// @notice Adds a home. The registrar only.
    /// @param owner Cold key, the only one that withdraws.
    /// @param agent Hot key that no home ever had.
    /// @param name UTF-8, padded with zeros.
    /// @param since The first interval that it may trade in.
    /// @return id Its place in the registry.
    function register(address owner, address agent, bytes32 name, uint48 since) external returns (uint32 id);

    /// @notice Adds several homes, one after the other. The registrar only.
    /// @param added The homes.
    function registerMany(NewHome[] calldata added) external;

    /// @notice Gives a home another hot key. Its owner only.
    /// @param id The home.
    /// @param agent Hot key that no home ever had.
    /// @param since The first interval that it signs for.
    function rotateAgent(uint32 id, address agent, uint48 since) external;

    /// @notice The same for an owner without coin: anyone may hand in what it signed (EIP-712 `RotateAgent`).
    /// @param id The home.
    /// @param agent Hot key that no home ever had.
    /// @param since The first interval that it signs for.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271).
    function rotateAgentFor(uint32 id, address agent, uint48 since, bytes calldata signature) external;

    /// @notice Takes a home out of the street; its money stays its own. Its owner, or the registrar to revoke it.
    /// @param id The home.
    /// @param until The first interval that it may no longer trade in; may be brought forward, never put off.
    function leaveStreet(uint32 id, uint48 until) external;

    /// @notice The same for an owner without coin: anyone may hand in what it signed (EIP-712 `Leave`).
    /// @param id The home.
    /// @param until The first interval that it may no longer trade in.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271).
    function leaveStreetFor(uint32 id, uint48 until, bytes calldata signature) external;

    /// @notice Says who certifies from an interval on. The governor only, after the delay that the authority asks of it.
    /// @param since The first interval.
    /// @param validators By rising home id.
    /// @param minimums Signatures needed of each class at least.
    function setValidators(uint48 since, Validator[] calldata validators, uint8[3] calldata minimums) external;

    /// @notice Hash chain over all changes: the same head means the same history.
    function registryHead() external view returns (bytes32);

    /// @notice How many homes there are, those that left included.
    function homeCount() external view returns (uint256);

    /// @notice One home.
    /// @param id The home.
    function home(uint32 id) external view returns (Home memory);

    /// @notice Up to `count` homes from id `from` on, and the keys that they had before, oldest first.
    /// @param from First home.
    /// @param count At most this many.
    /// @return page The homes.
    /// @return former Keys by home.
    function homes(uint256 from, uint256 count) external view returns (Home[] memory page, Key[][] memory former);

    /// @notice The key that signs for a home in a period that begins with `interval`; 0 when it isn't in the street then.
    /// @param id The home.
    /// @param interval The first interval of a period.
    function agentAt(uint32 id, uint256 interval) external view returns (address);

    /// @notice All sets of validators, by rising `since`; of several with the same the last one counts.
    function validatorSets() external view returns (ValidatorSet[] memory);
}
