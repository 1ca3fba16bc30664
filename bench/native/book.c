/* The twin of engine/book in C: the same orders, levels, bitmaps, handles and checks, for `npm run bench:engine`. Own code.
 * book FILE BOOKS PASSES: FILE holds a stream (bench/engine/book-stream.ts); prints the trade log's hash and the median CPU time
 * of a pass (ns). With a fourth argument it takes the time of each operation instead, and prints its p50, p99 and p99.9 (ns), and
 * the p50 of doing nothing between two looks at the clock. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOWEST = 0, HIGHEST = 4095, SPAN = HIGHEST - LOWEST, SHIFT = 12, MASK = (1 << SHIFT) - 1, SLOTS = 1 << 15 };
enum { SELL = 1, GOOD_TILL_GATE = 0, FILL_OR_KILL = 2, CLOSED = 0, CALL = 1, CONTINUOUS = 2 };
enum { RESTS, FILLED, LAPSED, KILLED, SELF_TRADE };
enum { UNKNOWN = -1, NOT_OPEN = -2, OFF_LADDER = -3, NO_ENERGY = -4, STALE = -5, LEVEL_FULL = -6, ARENA_FULL = -7 };

/* total: of the whole level, with its oldest order only; previous of that one is the newest. */
typedef struct { int32_t handle, level, energy, next, previous, home, reference, total; } Order;
typedef struct { int32_t handle, reference, tick, energy; } Trade;

static int32_t books, freeSlot, resting, used, fate, left, trades;
static Order orders[SLOTS];
static Trade report[SLOTS];
static uint16_t *heads;
static uint32_t *bits, *summary;
static int32_t *best, *phases;

static int32_t below(int32_t ladder, int32_t at) {
  uint32_t near = bits[(ladder << (SHIFT - 5)) + (at >> 5)] & ((1u << (at & 31)) - 1);
  if (near != 0) return (at & ~31) | (31 - __builtin_clz(near));
  int32_t base = ladder << (SHIFT - 10), block = at >> 10;
  uint32_t words = summary[base + block] & ((1u << ((at >> 5) & 31)) - 1);
  while (words == 0) {
    if (--block < 0) return -1;
    words = summary[base + block];
  }
  int32_t word = (block << 5) | (31 - __builtin_clz(words));
  return (word << 5) | (31 - __builtin_clz(bits[(ladder << (SHIFT - 5)) + word]));
}

static void occupy(int32_t level) {
  bits[level >> 5] |= 1u << (level & 31);
  summary[level >> 10] |= 1u << ((level >> 5) & 31);
  int32_t ladder = level >> SHIFT, at = level & MASK;
  if (at > best[ladder]) best[ladder] = at;
}

static void empty(int32_t level) {
  bits[level >> 5] &= ~(1u << (level & 31));
  if (bits[level >> 5] == 0) summary[level >> 10] &= ~(1u << ((level >> 5) & 31));
  int32_t ladder = level >> SHIFT, at = level & MASK;
  if (at == best[ladder]) best[ladder] = below(ladder, at);
}

static void append(int32_t slot, int32_t level, int32_t energy) {
  Order *order = &orders[slot];
  int32_t head = heads[level];
  order->level = level;
  order->energy = energy;
  order->next = 0;
  if (head == 0) {
    heads[level] = (uint16_t)slot;
    order->previous = slot;
    order->total = energy;
    occupy(level);
    return;
  }
  Order *first = &orders[head];
  order->previous = first->previous;
  orders[first->previous].next = slot;
  first->previous = slot;
  first->total += energy;
}

static void behead(int32_t level, int32_t head, int32_t tail, int32_t total) {
  heads[level] = (uint16_t)head;
  if (head == 0) empty(level);
  else {
    orders[head].previous = tail;
    orders[head].total = total;
  }
}

static void unlinkOrder(int32_t slot) {
  Order *order = &orders[slot];
  int32_t head = heads[order->level], next = order->next;
  int32_t total = orders[head].total - order->energy;
  if (head == slot) {
    behead(order->level, next, order->previous, total);
    return;
  }
  orders[order->previous].next = next;
  orders[next == 0 ? head : next].previous = order->previous;
  orders[head].total = total;
}

static int32_t take(void) {
  resting++;
  if (freeSlot == 0) {
    used++;
    orders[used].handle = used;
    return used;
  }
  int32_t slot = freeSlot;
  freeSlot = orders[slot].next;
  orders[slot].handle = -orders[slot].handle;
  return slot;
}

static void release(int32_t slot) {
  Order *order = &orders[slot];
  resting--;
  if (order->handle > INT32_MAX - SLOTS) {
    order->handle = 0;
    return;
  }
  order->handle = -(order->handle + SLOTS);
  order->next = freeSlot;
  freeSlot = slot;
}

static int32_t sweep(int32_t level, int32_t energy, int32_t home) {
  int32_t at = level & MASK, tick = (level >> SHIFT) & 1 ? HIGHEST - at : LOWEST + at;
  int32_t slot = heads[level], rest = energy;
  int32_t tail = orders[slot].previous, total = orders[slot].total;
  while (slot != 0 && rest > 0) {
    Order *order = &orders[slot];
    if (order->home == home) {
      fate = SELF_TRADE;
      break;
    }
    int32_t there = order->energy, traded = there < rest ? there : rest;
    report[trades++] = (Trade){order->handle, order->reference, tick, traded};
    rest -= traded;
    if (traded < there) {
      order->energy = there - traded;
      break;
    }
    int32_t next = order->next;
    release(slot);
    slot = next;
  }
  behead(level, slot, tail, total - (energy - rest));
  return rest;
}

static int32_t trade(int32_t ladder, int32_t at, int32_t energy, int32_t home) {
  int32_t rest = energy;
  for (int32_t meets = best[ladder]; meets >= SPAN - at; meets = best[ladder]) {
    rest = sweep((ladder << SHIFT) | meets, rest, home);
    if (rest == 0 || fate == SELF_TRADE) break;
  }
  return rest;
}

static int32_t end(int32_t rest, int32_t what) {
  left = rest;
  fate = what;
  return 0;
}

/* Fill-or-kill isn't in the streams, and not here. */
static int32_t submit(int32_t book, int32_t side, int32_t force, int32_t tick, int32_t energy, int32_t home, int32_t reference) {
  if (book < 0 || book >= books || (side | SELL) != SELL || force < GOOD_TILL_GATE || force > FILL_OR_KILL) return UNKNOWN;
  if (home < 0 || reference < 0) return UNKNOWN;
  if (phases[book] == CLOSED || (phases[book] == CALL && force != GOOD_TILL_GATE)) return NOT_OPEN;
  if (tick < LOWEST || tick > HIGHEST) return OFF_LADDER;
  if (energy <= 0) return NO_ENERGY;
  int32_t ladder = (book << 1) | side, at = side == SELL ? HIGHEST - tick : tick - LOWEST, level = (ladder << SHIFT) | at;
  if (force == GOOD_TILL_GATE) {
    if (orders[heads[level]].total > INT32_MAX - energy) return LEVEL_FULL;
    if (freeSlot == 0 && used == SLOTS - 1) return ARENA_FULL;
  }
  trades = 0;
  fate = RESTS;
  int32_t rest = phases[book] == CALL ? energy : trade(ladder ^ 1, at, energy, home);
  if (rest == 0) return end(0, FILLED);
  if (fate == SELF_TRADE) return end(rest, SELF_TRADE);
  if (force != GOOD_TILL_GATE) return end(rest, LAPSED);
  left = rest;
  int32_t slot = take();
  orders[slot].home = home;
  orders[slot].reference = reference;
  append(slot, level, rest);
  return orders[slot].handle;
}

static int32_t cancel(int32_t handle) {
  int32_t slot = handle & (SLOTS - 1);
  if (handle <= 0 || orders[slot].handle != handle) return STALE;
  unlinkOrder(slot);
  release(slot);
  return orders[slot].energy;
}

/* Closes every book and opens it again. */
static void reopen(void) {
  for (int32_t ladder = 0; ladder < 2 * books; ladder++) {
    while (best[ladder] >= 0) {
      int32_t level = (ladder << SHIFT) | best[ladder];
      for (int32_t slot = heads[level]; slot != 0;) {
        int32_t next = orders[slot].next;
        release(slot);
        slot = next;
      }
      behead(level, 0, 0, 0);
    }
    phases[ladder >> 1] = CONTINUOUS;
  }
}

static int32_t *words, *handles;
static uint32_t hash;

static void step(int32_t at) {
  int32_t word = words[at], id = words[at + 1];
  if ((word & 0xf) == 1) {
    cancel(handles[id]);
    return;
  }
  handles[id] = submit(word >> 8, (word >> 4) & 1, GOOD_TILL_GATE, words[at + 2], words[at + 3], id, id);
  for (Trade *row = report; row < report + trades; row++) {
    hash = (hash ^ (uint32_t)row->reference) * 0x01000193;
    hash = (hash ^ (uint32_t)id) * 0x01000193;
    hash = (hash ^ (uint32_t)row->tick) * 0x01000193;
    hash = (hash ^ (uint32_t)row->energy) * 0x01000193;
  }
}

static int64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int byTime(const void *a, const void *b) { return (*(int64_t *)a > *(int64_t *)b) - (*(int64_t *)a < *(int64_t *)b); }

static int64_t quantile(int64_t *times, int64_t count, double share) { return times[(int64_t)(share * (double)count)]; }

static void *zeros(size_t count, size_t size) {
  void *space = calloc(count, size);
  if (space == NULL) exit(2);
  return space;
}

static void timeEach(int32_t operations, int64_t *times) {
  for (int32_t i = 0; i < operations; i++) {
    int64_t start = now(CLOCK_MONOTONIC);
    times[i] = now(CLOCK_MONOTONIC) - start;
  }
  qsort(times, operations, sizeof *times, byTime);
  int64_t nothing = quantile(times, operations, 0.5);
  for (int32_t i = 0; i < operations; i++) {
    int64_t start = now(CLOCK_MONOTONIC);
    step(4 * i);
    times[i] = now(CLOCK_MONOTONIC) - start;
  }
  qsort(times, operations, sizeof *times, byTime);
  printf("%d", (int32_t)hash);
  for (int i = 0; i < 3; i++) printf(" %lld", (long long)quantile(times, operations, (double[]){0.5, 0.99, 0.999}[i]));
  printf(" %lld\n", (long long)nothing);
}

int main(int argc, char **argv) {
  FILE *file = argc < 4 ? NULL : fopen(argv[1], "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return 2;
  int32_t operations = (int32_t)(ftell(file) / 16), passes = atoi(argv[3]);
  books = atoi(argv[2]);
  words = zeros(operations, 16), handles = zeros(operations + 1, 4);
  rewind(file);
  if (fread(words, 16, operations, file) != (size_t)operations) return 2;
  heads = zeros((size_t)books << (SHIFT + 1), sizeof *heads);
  bits = zeros((size_t)books << (SHIFT - 4), 4), summary = zeros((size_t)books << (SHIFT - 9), 4);
  best = zeros(2 * books, 4), phases = zeros(books, 4);
  memset(best, -1, 8 * books);
  int64_t *times = zeros(operations > passes ? operations : passes, 8);
  for (int pass = -1; pass < passes; pass++) {
    reopen();
    hash = 0x811c9dc5;
    if (argc > 4 && pass == passes - 1) timeEach(operations, times);
    else {
      int64_t start = now(CLOCK_PROCESS_CPUTIME_ID);
      for (int32_t i = 0; i < operations; i++) step(4 * i);
      if (pass >= 0) times[pass] = now(CLOCK_PROCESS_CPUTIME_ID) - start;
    }
  }
  if (argc > 4) return 0;
  qsort(times, passes, sizeof *times, byTime);
  printf("%d %lld\n", (int32_t)hash, (long long)quantile(times, passes, 0.5));
  return 0;
}
