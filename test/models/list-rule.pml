/*
 * Which entries count. N validators of which F lie; honest ones sign one list of what they held at their own gate; liars sign
 * two lists each, of anything, and a liar leads and names any lists it likes.
 * Three entries: E is an honest home's; A and B are two orders of one home with one sequence number. Each is held at
 * each honest gate or not: held by all is "timely", by none is "late", so clocks and delays need no model of their own.
 * Validators are alike: of all orders of the same lists only the rising one is visited.
 */
#ifndef N
#define N 4
#endif
#define F ((N - 1) / 3)
#define Q (2 * N / 3 + 1)
#define HONEST (N - F)

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

#define E 1
#define A 2
#define B 4
#define ALL 7

/* What a list can hold. With SMALL, for more validators: A and B only, and one list of each liar. */
#ifdef SMALL
#define WORDS 4
#define WORD(code) (((code) % 4) * A)
#else
#define WORDS 8
#define WORD(code) ((code) % 8)
#endif

/* Of a liar the first list, the second, both; of an honest validator its list or not. */
#define NONE 0
#define FIRST 1
#define SECOND 2
#define BOTH 3

byte held[HONEST];  /* At the own gate. */
byte list[N];       /* The list that each signs: honest ones first. */
byte second[N];     /* A liar's other list. */
byte named[N];      /* By the proposal. */

hidden byte timely_in, late_out, conflict_out, same_set, never_in;
hidden byte i, count, lists, all, some, set, other;

#ifdef MUTANT_BOTH_LISTS
#define VALIDATORS(i) ((named[i] == NONE) -> 0 : 1) + (named[i] == BOTH)
#define VALID (lists >= LEAST)
#else
#define VALIDATORS(i) ((named[i] == NONE) -> 0 : 1)
#define VALID (lists >= LEAST && named[N - 1] != BOTH && named[N - F] != BOTH)
#endif

/* How often the lists that home `home` reads hold the entry: those that are named. */
#ifdef MUTANT_FIRST_HELD
#define HOLDS(home, i, e) (named[i] != NONE && (((home == 0 || i < HONEST) -> list[i] : second[i]) & e))
#define COUNT(home, i, e) (HOLDS(home, i, e) -> 1 : 0)
#else
#define COUNT(home, i, e) (((named[i] & FIRST) && (list[i] & e)) -> 1 : 0) + (((named[i] & SECOND) && (second[i] & e)) -> 1 : 0)
#endif

#define ENTER(home, e, into) \
  count = 0; i = 0; do :: i < N -> count = count + COUNT(home, i, e); i++ :: else -> break od; \
  if :: count >= NEEDED -> into = into | e :: else fi

#ifdef MUTANT_ONE_OF_TWO
#define WITHOUT_CONFLICTS(into) if :: (into & A) && (into & B) -> into = into & (ALL - B) :: else fi
#else
#define WITHOUT_CONFLICTS(into) if :: (into & A) && (into & B) -> into = into & E :: else fi
#endif

#define EVALUATE(home, into) into = 0; ENTER(home, E, into); ENTER(home, A, into); ENTER(home, B, into); WITHOUT_CONFLICTS(into)

active proctype street() {
  byte validator, least, word;
  do
  :: validator < HONEST ->
    atomic {
      select(least : least .. WORDS * 2 - 1);
      held[validator] = WORD(least);
      list[validator] = held[validator];
      named[validator] = least / WORDS;
#ifdef MUTANT_LATER_THAN_GATE
      select(word : 0 .. ALL);
      list[validator] = held[validator] | word;
      word = 0;
#endif
      validator++
    }
  :: else -> break
  od;
  least = 0;
  do
  :: validator < N ->
    atomic {
#ifdef SMALL
      select(least : least .. WORDS * 2 - 1);
      list[validator] = WORD(least);
      named[validator] = least / WORDS;
#else
      select(least : least .. WORDS * WORDS * 4 - 1);
      list[validator] = WORD(least);
      second[validator] = WORD(least / WORDS);
      named[validator] = least / (WORDS * WORDS);
#endif
      validator++
    }
  :: else -> break
  od;
  skip;
  d_step {
    least = 0;
    i = 0;
    all = ALL;
    some = 0;
    do :: i < HONEST -> all = all & held[i]; some = some | held[i]; i++ :: else -> break od;
    i = 0;
    lists = 0;
    do :: i < N -> lists = lists + VALIDATORS(i); i++ :: else -> break od;
    if
    :: VALID ->
      EVALUATE(0, set);
      EVALUATE(1, other);
      timely_in = (!(all & E) || (set & E)) && (!(all & A) || (some & B) || (set & A));
      late_out = (set & (ALL - some)) == 0;
      conflict_out = !((all & A) && (all & B) && (set & (A | B))) && !((set & A) && (set & B));
      same_set = set == other;
      never_in = set != ALL - B;
#ifdef CLAIM
      assert(CLAIM)
#else
      assert(timely_in && late_out && conflict_out && same_set)
#endif
    :: else
    fi
  }
}
