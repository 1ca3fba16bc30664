/*
 * A network of machines that lose, delay, copy and reorder packets, and whose links can be cut one way: one TUN device in each
 * network namespace, and this process between them. Kernels without netem have it no other way. Linux, root.
 *
 *   wire SEED NAMESPACE...    the machines; number i has the address 10.78.0.(i + 1) on its device "wire"
 *
 * Says "ready", then reads lines: "loss PERMILLE", "delay MS JITTER_MS", "copy PERMILLE", "cut FROM TO", "mend FROM TO" (-1 is
 * every machine), "count"; answers "count" with "CARRIED LOST".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MACHINES 64
#define WAITING 65536
#define LONGEST 2048

struct packet { uint64_t due; int to; int length; uint8_t *bytes; };

static int machines, tun[MACHINES], cut[MACHINES][MACHINES];
static struct packet heap[WAITING];
static int waiting;
static int loss, copies, delay_us, jitter_us;
static uint64_t chance_state, carried, lost;

static void fail(const char *what) { perror(what); exit(1); }

static uint32_t draw(uint32_t below) {
  chance_state ^= chance_state << 13; chance_state ^= chance_state >> 7; chance_state ^= chance_state << 17;
  return (uint32_t)((chance_state >> 16) % below);
}

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static int open_in(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", name);
  int space = open(path, O_RDONLY);
  if (space < 0 || setns(space, CLONE_NEWNET) < 0) fail(path);
  close(space);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  strcpy(request.ifr_name, "wire");
  if (ioctl(device, TUNSETIFF, &request) < 0) fail("TUNSETIFF");
  return device;
}

static void swap(int a, int b) { struct packet held = heap[a]; heap[a] = heap[b]; heap[b] = held; }

static void wait_for(uint64_t due, int to, const uint8_t *bytes, int length) {
  if (waiting == WAITING) { lost++; return; }
  struct packet packet = { due, to, length, malloc((size_t)length) };
  memcpy(packet.bytes, bytes, (size_t)length);
  int at = waiting++;
  heap[at] = packet;
  for (; at > 0 && heap[at].due < heap[(at - 1) / 2].due; at = (at - 1) / 2) swap(at, (at - 1) / 2);
}

static void deliver(void) {
  struct packet first = heap[0];
  heap[0] = heap[--waiting];
  for (int at = 0;;) {
    int least = at, left = 2 * at + 1;
    if (left < waiting && heap[left].due < heap[least].due) least = left;
    if (left + 1 < waiting && heap[left + 1].due < heap[least].due) least = left + 1;
    if (least == at) break;
    swap(at, least);
    at = least;
  }
  if (write(tun[first.to], first.bytes, (size_t)first.length) == first.length) carried++; else lost++;
  free(first.bytes);
}

static void take(int from) {
  uint8_t bytes[LONGEST];
  for (int budget = 64; budget > 0; budget--) {
    int length = (int)read(tun[from], bytes, sizeof bytes);
    if (length < 20) return;
    if (bytes[0] >> 4 != 4 || bytes[16] != 10 || bytes[17] != 78 || bytes[18] != 0) continue;
    int to = bytes[19] - 1;
    if (to < 0 || to >= machines) continue;
    if (cut[from][to] || (int)draw(1000) < loss) { lost++; continue; }
    for (int copy = (int)draw(1000) < copies ? 2 : 1; copy > 0; copy--)
      wait_for(now_us() + (uint64_t)delay_us + (jitter_us > 0 ? draw((uint32_t)jitter_us) : 0), to, bytes, length);
  }
}

static void set_cut(int from, int to, int state) {
  for (int a = 0; a < machines; a++)
    for (int b = 0; b < machines; b++)
      if ((from < 0 || from == a) && (to < 0 || to == b)) cut[a][b] = state;
}

static void obey(const char *line) {
  int a, b;
  if (sscanf(line, "loss %d", &a) == 1) loss = a;
  else if (sscanf(line, "copy %d", &a) == 1) copies = a;
  else if (sscanf(line, "delay %d %d", &a, &b) == 2) { delay_us = 1000 * a; jitter_us = 1000 * b; }
  else if (sscanf(line, "cut %d %d", &a, &b) == 2) set_cut(a, b, 1);
  else if (sscanf(line, "mend %d %d", &a, &b) == 2) set_cut(a, b, 0);
  else if (strncmp(line, "count", 5) == 0) { printf("%llu %llu\n", (unsigned long long)carried, (unsigned long long)lost); fflush(stdout); }
}

/* Whole lines only; returns 0 when nobody will say anything any more. */
static int listen_to_master(void) {
  static char text[4096];
  static size_t held;
  ssize_t more = read(0, text + held, sizeof text - held - 1);
  if (more <= 0) return 0;
  held += (size_t)more;
  text[held] = 0;
  char *start = text;
  for (char *end; (end = strchr(start, '\n')) != NULL; start = end + 1) { *end = 0; obey(start); }
  held = strlen(start);
  memmove(text, start, held);
  return 1;
}

int main(int count, char **words) {
  machines = count - 2;
  if (machines < 1 || machines > MACHINES) { fprintf(stderr, "wire SEED NAMESPACE... (at most %d)\n", MACHINES); return 2; }
  chance_state = 0x9e3779b97f4a7c15u ^ (strtoull(words[1], NULL, 10) + 1) * 0xbf58476d1ce4e5b9u;
  struct pollfd watched[MACHINES + 1] = { { .fd = 0, .events = POLLIN } };
  for (int i = 0; i < machines; i++) {
    tun[i] = open_in(words[i + 2]);
    watched[i + 1] = (struct pollfd){ .fd = tun[i], .events = POLLIN };
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    while (waiting > 0 && heap[0].due <= now_us()) deliver();
    uint64_t now = now_us();
    int64_t left_us = waiting == 0 ? -1000 : heap[0].due > now ? (int64_t)(heap[0].due - now) : 0;
    struct timespec patience = { left_us / 1000000, (left_us % 1000000) * 1000 };
    if (ppoll(watched, (nfds_t)machines + 1, left_us < 0 ? NULL : &patience, NULL) < 0) fail("ppoll");
    if (watched[0].revents && !listen_to_master()) return 0;
    for (int i = 0; i < machines; i++) if (watched[i + 1].revents) take(i);
  }
}
