/*
 * An epoch's edge. N validators of the old set, of which F lie, sign one list each for the epoch's last interval and name in it the
 * member set that they read from the chain; a reading comes, doesn't, or is of the past. The proposal names lists, and the value the next members.
 * Agreement on that value is instance.pml's matter: here one value of a valid proposal is certified. Homes learn of it one by one,
 * or never, and the next interval is then voted on by homes that know, each once; liars of either set vote for everything.
 * Ids: 0 to 2 honest and 3 a liar in the old set; 4 to 6 honest and 7 a liar among those who may join.
 */
#ifndef N
#define N 4
#endif
#define F ((N - 1) / 3)
#define Q (2 * N / 3 + 1)
#define HONEST (N - F)

/* Digests of sets, from the lowest: one that liars made up, the set before the current one, the current one, the next one. */
#define MADE_UP 0
#define FORMER 1
#define CURRENT 2
#define NEXT 3

#ifdef MUTANT_F_LISTS
#define NEEDED F
#elif defined(MUTANT_Q_LISTS)
#define NEEDED Q
#else
#define NEEDED (F + 1)
#endif
#ifdef MUTANT_FEWER_LISTS
#define LEAST (F + 1)
#else
#define LEAST Q
#endif

/* A list: the set that it names * 2 + whether the proposal names it; of a liar, with its second list: a digit of 8 each. */
#define NAMES(list) (((list) / 2) % 4)
#define NAMED(list) ((list) % 2)
#define SECOND(list) ((list) / 8)

byte list[N];
bool all_read, some_read;

#define MEMBERS_OF_OLD 15 /* 0, 1, 2, 3 */
#ifndef NEW
#define NEW 147 /* 0, 1, 4, 7; others to try: 27 (0, 1, 3, 4) and 240 (4, 5, 6, 7) */
#endif
#define LIARS 136 /* 3, 7 */
#define QUORUM 3
/* A set is kept as its mask. */
byte adopted;
byte runs[7];  /* By which members each home runs the next interval; 0: it doesn't know yet. */
byte vote[7]; /* 1 or 2, once. */

hidden byte i, lists, made_up, former, current, next, most, set;
hidden byte read_by_honest, adopted_in_time, never_back, one_set, one_result, never_next, never_decided;

#define COUNT(named) \
  lists++; \
  if \
  :: named == MADE_UP -> made_up++ \
  :: named == FORMER -> former++ \
  :: named == CURRENT -> current++ \
  :: named == NEXT -> next++ \
  fi

/* Of the sets that enough lists name the one named most; of equals the lowest digest. */
#define BETTER(count, digest) if :: count >= NEEDED && count > most -> most = count; set = digest :: else fi
#ifdef MUTANT_LOUDEST
/* What most lists name, however few. */
#define ADOPT most = current; set = CURRENT; if :: made_up >= most -> most = made_up; set = MADE_UP :: else fi; \
  if :: next > most -> set = NEXT :: else fi
#elif defined(MUTANT_ANY_VERSION)
#define ADOPT most = 0; set = CURRENT; BETTER(made_up, MADE_UP); BETTER(former, FORMER); BETTER(next, NEXT)
#else
/* The version of what is adopted is above the current one's; liars claim any for what they make up. */
#define ADOPT most = 0; set = CURRENT; BETTER(made_up, MADE_UP); BETTER(next, NEXT)
#endif

#define VOTES(members, id, value) \
  ((((members) >> id) & 1) -> ((((LIARS >> id) & 1) || vote[(id) % 7] == value) -> 1 : 0) : 0)
#define ALL_VOTES(members, value) \
  (VOTES(members, 0, value) + VOTES(members, 1, value) + VOTES(members, 2, value) + VOTES(members, 3, value) + \
   VOTES(members, 4, value) + VOTES(members, 5, value) + VOTES(members, 6, value) + VOTES(members, 7, value))
#define USED(members) \
  (runs[0] == members || runs[1] == members || runs[2] == members || runs[4] == members || runs[5] == members || runs[6] == members)
#ifdef MUTANT_MIXED
/* Whoever is or was a validator counts. */
#define CERT(members, value) (USED(members) && ALL_VOTES(MEMBERS_OF_OLD | NEW, value) >= QUORUM)
#else
#define CERT(members, value) (USED(members) && ALL_VOTES(members, value) >= QUORUM)
#endif
#define RESULT(value) (CERT(MEMBERS_OF_OLD, value) || CERT(NEW, value))

#ifdef MUTANT_OWN_READING
/* Goes by what this home itself read from the chain, early or late. */
#define LEARN(h) :: runs[h] == 0 -> runs[h] = NEW :: runs[h] == 0 -> runs[h] = MEMBERS_OF_OLD
#elif defined(MUTANT_SLOW_TO_SWITCH)
#define LEARN(h) :: runs[h] == 0 -> runs[h] = adopted :: runs[h] == 0 && ((MEMBERS_OF_OLD >> h) & 1) -> runs[h] = MEMBERS_OF_OLD
#else
#define LEARN(h) :: runs[h] == 0 -> runs[h] = adopted
#endif
#define HOME(h) \
  LEARN(h) \
  :: vote[h] == 0 && ((runs[h] >> h) & 1) -> vote[h] = 1 \
  :: vote[h] == 0 && ((runs[h] >> h) & 1) -> vote[h] = 2

active proctype street() {
  byte validator, least, word;
  all_read = true;
  do
  :: validator < HONEST ->
    atomic {
      if
      :: word = NEXT; some_read = true
      :: word = CURRENT; all_read = false
      /* Its node of the chain lags. */
      :: word = FORMER; all_read = false
      fi;
      if :: word = word * 2 :: word = word * 2 + 1 fi;
      if
      :: word >= least -> list[validator] = word; least = word; validator++
      :: else -> goto end
      fi;
      word = 0
    }
  :: else -> break
  od;
  least = 0;
  do
  :: validator < N ->
    atomic {
#ifdef MUTANT_BOTH_LISTS
      select(least : least .. 63);
#else
      select(least : least .. 7);
#endif
      list[validator] = least;
      validator++
    }
  :: else -> break
  od;
  skip;
  d_step {
    i = 0; lists = 0; made_up = 0; former = 0; current = 0; next = 0;
    do
    :: i < N ->
      if :: NAMED(list[i]) -> COUNT(NAMES(list[i])) :: else fi;
#ifdef MUTANT_BOTH_LISTS
      if :: NAMED(SECOND(list[i])) -> COUNT(NAMES(SECOND(list[i]))) :: else fi;
#endif
      list[i] = 0;
      i++
    :: else -> break
    od;
    if
    :: lists >= LEAST ->
      ADOPT;
      adopted = (set == NEXT -> NEW : MEMBERS_OF_OLD);
      read_by_honest = set == CURRENT || set == FORMER || (set == NEXT && some_read);
      adopted_in_time = !all_read || set == NEXT;
      never_back = set != FORMER;
      never_next = set != NEXT;
    :: else ->
      read_by_honest = true; adopted_in_time = true; never_back = true; never_next = true
    fi;
    one_set = true; one_result = true; never_decided = true;
    validator = 0; least = 0; all_read = false; some_read = false;
#ifdef CLAIM
    assert(CLAIM)
#else
    assert(read_by_honest && adopted_in_time && never_back)
#endif
  };
  if :: adopted == 0 -> goto end :: else fi;
end_of_messages:
  do
  :: atomic {
      if
      HOME(0) HOME(1) HOME(2) HOME(4) HOME(5) HOME(6)
      fi;
      d_step {
        read_by_honest = true; adopted_in_time = true; never_back = true; never_next = true;
        one_set = !(USED(MEMBERS_OF_OLD) && USED(NEW));
        one_result = !(RESULT(1) && RESULT(2));
        never_decided = !(CERT(NEW, 1) && runs[2] == 0);
#ifdef CLAIM
        assert(CLAIM)
#else
        assert(one_set && one_result)
#endif
      }
    }
  od;
end:
  skip
}
