/*
 * Two intervals in a row. Each is an instance as in instance.pml (n = 4, every leader lies, fully asynchronous). The first has two
 * views and ends with A or B; the second has one, and its values are C on A or C on B: what is certified names what it stands on.
 * With ONE_HEAD the first interval's leaders offer nothing, then A; and the second has two views for C and D, both on A.
 * A home takes part in the second when it holds the first's certificate, and votes for nothing on another head. It may learn of the
 * certificate late or never, and crash in between: its votes survive, and its head once that is on disk, which is before it
 * says a word in the second interval.
 */
#define A 1
#define B 2

/* What a home has sent in a view of the first interval: notarize, finalize, nullify. */
#define NA 1
#define NB 2
#define FA 16
#define FB 32
/* And of the second. */
#define NCA 1
#define NDA 2
#define NCB 4
#define FCA 16
#define FDA 32
#define FCB 64
/* In both. */
#define NULL 8
#define NOTARIZED 7
#define FINALIZED 112
#define ANYTHING 127

byte first[6];  /* 3 homes x 2 views */
byte second[6];
byte head[3];   /* A or B, from a certificate. */
byte certified_first[2];
byte certified_second[2];
/* What a home knows that it sent in the first interval. */
#ifdef MUTANT_FORGETS_TOO_SOON
byte kept[6];
#define SAID(h, v, what) ((kept[AT(h, v)] & (what)) != 0)
#else
#define SAID(h, v, what) ((first[AT(h, v)] & (what)) != 0)
#endif

#define AT(h, v) ((h) * 2 + (v))
#define CERTIFIED(sent, v) (sent[AT(0, v)] & sent[AT(1, v)] | sent[AT(0, v)] & sent[AT(2, v)] | sent[AT(1, v)] & sent[AT(2, v)])
#define FIRST(v, what) ((certified_first[v] & (what)) != 0)
#ifdef MUTANT_NO_INTERVAL_IN_VOTES
/* To nullify names no value: without the interval it is the same vote in every interval. */
#define NULL_OF_FIRST(v, what) (((what) & NULL) && FIRST(v, NULL))
#else
#define NULL_OF_FIRST(v, what) false
#endif
#define SECOND(v, what) ((certified_second[v] & (what)) != 0 || NULL_OF_FIRST(v, what))

#define FINAL_FIRST(final) ((certified_first[0] | certified_first[1]) & (final))
#define FINAL_SECOND(final) ((certified_second[0] | certified_second[1]) & (final))

/* Fresh in the first view, or when that was nullified; else what the first view notarized. */
#define JUSTIFIED_FIRST(v, notarized) (v == 0 || FIRST(0, NULL | notarized))
#define JUSTIFIED_SECOND(v, notarized) (v == 0 || SECOND(0, NULL | notarized))
#define IN_VIEW_FIRST(v) (v == 0 || FIRST(0, NOTARIZED | NULL))
#define IN_VIEW_SECOND(v) (v == 0 || SECOND(0, NOTARIZED | NULL))

#ifdef MUTANT_BEGINS_AT_NOTARIZATION
#define LEARNS(h, x, notarized, final) head[h] == 0 && (FIRST(0, notarized) || FIRST(1, notarized)) -> head[h] = x
#elif defined(MUTANT_BELIEVES_A_PEER)
#define LEARNS(h, x, notarized, final) head[h] == 0 -> head[h] = x
#else
#define LEARNS(h, x, notarized, final) head[h] == 0 && FINAL_FIRST(final) -> head[h] = x
#endif

#ifdef MUTANT_ANY_HEAD
#define STANDS_ON(h, x) true
#elif defined(MUTANT_BEGINS_UNDECIDED)
#define STANDS_ON(h, x) (head[h] == 0 || head[h] == x)
#else
#define STANDS_ON(h, x) (head[h] == x)
#endif

#ifdef MUTANT_BEGINS_UNDECIDED
#define BEGUN(h) true
#else
#define BEGUN(h) (head[h] != 0)
#endif

#define UNSAID(sent, h, v, what) !(sent[AT(h, v)] & (what))
#define SAY_FIRST(h, v, what) at = AT(h, v); say_first = what
#define SAY_SECOND(h, v, what) at = AT(h, v); say_second = what

#define NOTARIZE_FIRST(h, v, notarized) \
  head[h] == 0 && IN_VIEW_FIRST(v) && !SAID(h, v, ANYTHING) && JUSTIFIED_FIRST(v, notarized) -> SAY_FIRST(h, v, notarized)
#define FINALIZE_FIRST(h, v, notarized, final) \
  head[h] == 0 && FIRST(v, notarized) && !SAID(h, v, NULL | FINALIZED) -> SAY_FIRST(h, v, final)
#define NULLIFY_FIRST(h, v) head[h] == 0 && IN_VIEW_FIRST(v) && !SAID(h, v, NULL | FINALIZED) -> SAY_FIRST(h, v, NULL)
#define NOTARIZE_SECOND(h, v, notarized, x) \
  BEGUN(h) && STANDS_ON(h, x) && IN_VIEW_SECOND(v) && UNSAID(second, h, v, ANYTHING) && JUSTIFIED_SECOND(v, notarized) \
    -> SAY_SECOND(h, v, notarized)
#define FINALIZE_SECOND(h, v, notarized, final) \
  BEGUN(h) && SECOND(v, notarized) && UNSAID(second, h, v, NULL | FINALIZED) -> SAY_SECOND(h, v, final)

#define NULLIFY_SECOND(h, v) BEGUN(h) && IN_VIEW_SECOND(v) && UNSAID(second, h, v, NULL | FINALIZED) -> SAY_SECOND(h, v, NULL)

#define FIRST_VIEW(h, v) \
  :: NOTARIZE_FIRST(h, v, NA) :: FINALIZE_FIRST(h, v, NA, FA) \
  :: NOTARIZE_FIRST(h, v, NB) :: FINALIZE_FIRST(h, v, NB, FB) \
  :: NULLIFY_FIRST(h, v)
#define SECOND_VIEW(h, v) \
  :: NOTARIZE_SECOND(h, v, NCA, A) :: FINALIZE_SECOND(h, v, NCA, FCA) \
  :: NOTARIZE_SECOND(h, v, NCB, B) :: FINALIZE_SECOND(h, v, NCB, FCB) \
  :: NULLIFY_SECOND(h, v)
#define SECOND_VIEW_ON_A(h, v) \
  :: NOTARIZE_SECOND(h, v, NCA, A) :: FINALIZE_SECOND(h, v, NCA, FCA) \
  :: NOTARIZE_SECOND(h, v, NDA, A) :: FINALIZE_SECOND(h, v, NDA, FDA) \
  :: NULLIFY_SECOND(h, v)

#ifdef ONE_HEAD
#define VIEWS(h) \
  :: NULLIFY_FIRST(h, 0) \
  :: NOTARIZE_FIRST(h, 1, NA) :: FINALIZE_FIRST(h, 1, NA, FA) \
  SECOND_VIEW_ON_A(h, 0) SECOND_VIEW_ON_A(h, 1)
#else
#define VIEWS(h) FIRST_VIEW(h, 0) FIRST_VIEW(h, 1) SECOND_VIEW(h, 0)
#endif

/* A crash before the head is on disk. */
#ifdef MUTANT_FORGETS_TOO_SOON
/* The votes go when the interval is decided, and nothing waits for its block to be on disk. */
#define CRASH(h) head[h] != 0 && second[AT(h, 0)] == 0 && second[AT(h, 1)] == 0 -> head[h] = 0; kept[AT(h, 0)] = 0; kept[AT(h, 1)] = 0
#else
#define CRASH(h) head[h] != 0 && second[AT(h, 0)] == 0 && second[AT(h, 1)] == 0 -> head[h] = 0
#endif

#define HOME(h) VIEWS(h) :: LEARNS(h, A, NA, FA) :: LEARNS(h, B, NB, FB) :: CRASH(h)

#ifdef MUTANT_FORGETS_TOO_SOON
#define ORDER(g, h)
#else
/* Homes are alike, so of all orders of the same three only one is visited. */
#define WORD(array, h) (array[AT(h, 0)] * 128 + array[AT(h, 1)])
#define AFTER(g, h) \
  (WORD(first, g) > WORD(first, h) || \
   (WORD(first, g) == WORD(first, h) && (WORD(second, g) > WORD(second, h) || (WORD(second, g) == WORD(second, h) && head[g] > head[h]))))
#define SWAP(array, g, h) swapped = array[g]; array[g] = array[h]; array[h] = swapped
#define ORDER(g, h) \
  if \
  :: AFTER(g, h) -> \
    SWAP(first, AT(g, 0), AT(h, 0)); SWAP(first, AT(g, 1), AT(h, 1)); \
    SWAP(second, AT(g, 0), AT(h, 0)); SWAP(second, AT(g, 1), AT(h, 1)); \
    SWAP(head, g, h) \
  :: else \
  fi
#endif

hidden byte one_first, one_second, linked, never_second;
hidden byte at, say_first, say_second, swapped;

active proctype street() {
end:
  do
  :: atomic {
      if
      HOME(0) HOME(1) HOME(2)
      fi;
      d_step {
        first[at] = first[at] | say_first;
#ifdef MUTANT_FORGETS_TOO_SOON
        kept[at] = kept[at] | say_first;
#endif
        second[at] = second[at] | say_second;
        say_first = 0;
        say_second = 0;
        certified_first[0] = CERTIFIED(first, 0);
        certified_first[1] = CERTIFIED(first, 1);
        certified_second[0] = CERTIFIED(second, 0);
        certified_second[1] = CERTIFIED(second, 1);
        ORDER(0, 1);
        ORDER(1, 2);
        ORDER(0, 1);
        one_first = !(FINAL_FIRST(FA) && FINAL_FIRST(FB));
        one_second = (FINAL_SECOND(FCA) != 0) + (FINAL_SECOND(FDA) != 0) + (FINAL_SECOND(FCB) != 0) <= 1;
        linked = (!FINAL_SECOND(FCA | FDA) || FINAL_FIRST(FA)) && (!FINAL_SECOND(FCB) || FINAL_FIRST(FB));
        never_second = !FINAL_SECOND(FCA | FCB);
#ifdef CLAIM
        assert(CLAIM)
#else
        assert(one_first && one_second && linked)
#endif
      }
    }
  od
}
