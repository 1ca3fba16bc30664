/*
 * The VOID deadline. The instance of instance.pml, whose reading of knowledge holds here too, with two values: the interval's
 * TRADE and its VOID. Every leader lies. Each home's clock passes the deadline once, at a moment of its own; with CLOCK_BACK it
 * can fall behind again when the home restarts. That a home has passed is on disk, so what it goes by never falls back.
 */
#ifndef VIEWS
#define VIEWS 3
#endif

/* What a home has sent in a view: notarize TRADE or VOID, nullify, finalize TRADE or VOID. */
#define NT 1
#define NV 2
#define NULL 4
#define FT 8
#define FV 16

byte sent[9];      /* 3 homes x 3 views */
byte certified[3]; /* What at least two of them and the liar have sent. */

/* Of a home: its clock is past; it was past at some time; it wrote something to disk when it was. */
#define PAST 1
#define PASSED 2
#define WROTE 4
byte home[3];

/* Of all: somebody voted for a fresh TRADE before its deadline, for a fresh VOID behind it. */
#define TRADED 1
#define VOIDED 2
byte somebody;

#define AT(h, v) ((h) * 3 + (v))
#define SENT(h, v, what) ((sent[AT(h, v)] & (what)) != 0)
/* Two honest homes and the liar are a quorum. */
#define CERTIFIED(v) (sent[AT(0, v)] & sent[AT(1, v)] | sent[AT(0, v)] & sent[AT(2, v)] | sent[AT(1, v)] & sent[AT(2, v)])
#define CERT(v, what) ((certified[v] & (what)) != 0)
#define OVER(v) (CERT(v, NULL) || CERT(v, NT) || CERT(v, NV))
#define IN_VIEW(v) ((v == 0 || OVER(0)) && (v <= 1 || OVER(1)))
#define NULLED(w, v) ((w > 0 || v <= 0 || CERT(0, NULL)) && (w > 1 || v <= 1 || CERT(1, NULL)))
#define HANDED(w, v, notarized) (w < v && CERT(w, notarized) && NULLED(w + 1, v))
#define HANDED_ON(v, notarized) (HANDED(0, v, notarized) || HANDED(1, v, notarized))

#ifdef MUTANT_CLOCK_BACK
#define IS_PAST(h) ((home[h] & PAST) != 0)
#elif defined(MUTANT_NEWEST_RECORD)
/* No record is from the future. */
#define IS_PAST(h) ((home[h] & (PAST | WROTE)) != 0)
#else
#define IS_PAST(h) ((home[h] & PASSED) != 0)
#endif

#ifdef MUTANT_TRADE_AT_ANY_TIME
#define FRESH_TRADE(h, v) NULLED(0, v)
#else
#define FRESH_TRADE(h, v) (NULLED(0, v) && !IS_PAST(h))
#endif

#ifdef MUTANT_VOID_AT_ANY_TIME
#define FRESH_VOID(h, v) NULLED(0, v)
#elif defined(MUTANT_VOID_OVERRULES)
#define FRESH_VOID(h, v) IS_PAST(h)
#else
#define FRESH_VOID(h, v) (NULLED(0, v) && IS_PAST(h))
#endif

#define UNSAID(h, v) !SENT(h, v, NT | NV | NULL | FT | FV)
#define SAY(h, v, what, mark) who = h; at = AT(h, v); say = what; note = mark

#define VIEW(h, v) \
  :: IN_VIEW(v) && UNSAID(h, v) && FRESH_TRADE(h, v) -> SAY(h, v, NT, ((home[h] & PASSED) -> 0 : TRADED)) \
  :: IN_VIEW(v) && UNSAID(h, v) && HANDED_ON(v, NT) -> SAY(h, v, NT, 0) \
  :: IN_VIEW(v) && UNSAID(h, v) && FRESH_VOID(h, v) -> SAY(h, v, NV, ((home[h] & PASSED) -> VOIDED : 0)) \
  :: IN_VIEW(v) && UNSAID(h, v) && HANDED_ON(v, NV) -> SAY(h, v, NV, 0) \
  :: IN_VIEW(v) && !SENT(h, v, NULL | FT | FV) -> SAY(h, v, NULL, 0) \
  :: CERT(v, NT) && !SENT(h, v, NULL | FT | FV) -> SAY(h, v, FT, 0) \
  :: CERT(v, NV) && !SENT(h, v, NULL | FT | FV) -> SAY(h, v, FV, 0)

#if VIEWS == 3
#define VIEWS_OF(h) VIEW(h, 0) VIEW(h, 1) VIEW(h, 2)
#else
#define VIEWS_OF(h) VIEW(h, 0) VIEW(h, 1)
#endif

#ifdef CLOCK_BACK
#define RESTART(h) :: (home[h] & PAST) -> home[h] = home[h] - PAST
#else
#define RESTART(h)
#endif

#define HOME(h) VIEWS_OF(h) RESTART(h) :: !(home[h] & PAST) -> home[h] = home[h] | PAST | PASSED

#define FINAL(final) (CERT(0, final) || CERT(1, final) || CERT(2, final))

#ifdef MUTANT_LOCAL_TIME_OUT
/* Who is past the deadline without a certificate takes the interval for void. */
#define VOID (FINAL(FV) || ((home[0] | home[1] | home[2]) & PASSED))
#else
#define VOID FINAL(FV)
#endif

/* Homes are alike, so of all orders of the same three only one is visited. */
#define WORD(h) (sent[AT(h, 0)] + 32 * sent[AT(h, 1)] + 1024 * sent[AT(h, 2)] + 32768 * home[h])
#define SWAP(array, g, h) swapped = array[g]; array[g] = array[h]; array[h] = swapped
#define ORDER(g, h) \
  if \
  :: WORD(g) > WORD(h) -> \
    SWAP(sent, AT(g, 0), AT(h, 0)); SWAP(sent, AT(g, 1), AT(h, 1)); SWAP(sent, AT(g, 2), AT(h, 2)); SWAP(home, g, h) \
  :: else \
  fi

hidden byte agreement, traded_in_time, voided_in_time, trade_not_late;
hidden byte who, at, say, note, swapped;

active proctype street() {
end:
  do
  :: atomic {
      if
      HOME(0) HOME(1) HOME(2)
      fi;
      d_step {
        sent[at] = sent[at] | say;
        somebody = somebody | note;
#ifdef MUTANT_NEWEST_RECORD
        if :: say != 0 && (home[who] & PAST) -> home[who] = home[who] | WROTE :: else fi;
#endif
        say = 0;
        note = 0;
        certified[0] = CERTIFIED(0);
        certified[1] = CERTIFIED(1);
        certified[2] = CERTIFIED(2);
        ORDER(0, 1);
        ORDER(1, 2);
        ORDER(0, 1);
        agreement = !(FINAL(FT) && VOID);
        traded_in_time = !FINAL(FT) || (somebody & TRADED);
        voided_in_time = !FINAL(FV) || (somebody & VOIDED);
        trade_not_late = !(FINAL(FT) && !CERT(0, FT) && (home[0] & home[1] & home[2] & PASSED));
#ifdef CLAIM
        assert(CLAIM)
#else
        assert(agreement && traded_in_time && voided_in_time)
#endif
      }
    }
  od
}
