/* framering: the ring protocol. Gates, pins, sequence words, driver, epochs; deaths at any step.
 *
 * Memory is sequentially consistent here (Spin); fences are argued in the project's own docs.
 * Every semop is one atomic step, as in the kernel. One atomic block = one access to shared memory or one system call,
 * plus what the process then works out for itself. When the writer dies its undo (gates, alive) is one atomic step, before
 * the driver stops (kernel/exit.c: exit_sem, later exit_files), and the lock may be free before or after that.
 *
 *   N slots, D of them in the writer's hand, COPY: the writer fills a slot itself, else a driver does, K gates, M index
 *   entries, E epochs, FILLS captures in epoch 1, FILLS2 in each later one
 *   SPARE      a replacement is claimed after the readers were woken, in time for the next publish; it stays readable until it is used
 *   AHEAD      gate n+2 is closed after gate n was opened, instead of n+1 before head = n: one call fewer before readers wake (K >= 3)
 *   R0 R1      reader kinds: 0 none, 1 pinned latest, 2 pinned next, 3 peek latest, 4 peek next
 *   HOG        a reader pins what it can get, at any moment, and never lets go
 *   KILLW      bit mask of the epochs whose writer may be killed (at any step, or never); KILLR: reader 0 may be
 *   HOSTILE    so many SETVAL / stray +1 / stolen -P by a member of the group, at any moment
 *   BUG_*      mutations: each must be caught (check.sh)
 */
#ifndef N
#define N 3
#endif
#ifndef D
#define D 2
#endif
#ifndef K
#define K 2
#endif
#ifndef M
#define M 4
#endif
#ifndef E
#define E 2
#endif
#ifndef FILLS
#define FILLS 3
#endif
#ifndef FILLS2
#define FILLS2 1
#endif
#ifndef R0
#define R0 2
#endif
#ifndef R1
#define R1 3
#endif
#ifndef KILLW
#define KILLW 1
#endif
#ifndef HOSTILE
#define HOSTILE 0
#endif
#ifdef BUG_P_SMALL
#define P 3                                              /* a stray +1 can lift a value above P */
#define VMX 6
#else
#define P 3                                              /* P = SEMVMX: no value can exceed it */
#define VMX 3
#endif
#define NONE 7
#define X(e,s) (((e)-1)*N+(s))
#define G(e,n) (((e)-1)*K+((n)%K))
#define IX(e,n) (((e)-1)*M+((n)%M))
#define T(e,n) (((e)-1)*(FILLS+2)+(n))
#define MAXF(e) ((e)==1 -> FILLS : FILLS2)

byte pin[E*N], seq[E*N], frm[E*N], pa[E*N], pb[E*N];     /* semaphore, sequence word, frame number, two words of pixels */
bit  adj[E*N];                                            /* ghost: the writer holds -P (its books; no SEM_UNDO) */
byte whs[E+1];                                            /* ghost: newest is published and withheld: its slot + 1 */
byte itag[E*M], islot[E*M];                               /* index: one 64-bit word (frame, slot) in reality */
byte head[E+1], gate[E*K];
bit  alive[E+1], removed[E+1], exists[E+1];
byte truth[E*(FILLS+2)];                                  /* ghost: what the camera gave for frame n */
byte rv, lock, turn = 1, wk;                              /* rendezvous: epoch named, 0 no file; lock: owner, 0 free; wk: epoch whose writer is killed */
bit  rk, rdead;
byte pe[2], ps[2]; bit pu[2];                             /* pin of reader r: epoch (0 none), slot; its undo entry still there */
byte hogged;                                              /* slots of epoch 1 that the hog holds */
byte dbusy; bit dstop, filling; byte fe, fs, cid, fills;  /* the driver */
byte qn, qs[N];                                           /* its queue of slots, in order */
byte dnn, dns[N], dnc[N];                                 /* filled, in order */
byte slepton[2], sleepe[2]; bit nsleep[2];                /* ghost: reader r sleeps waiting for frame slepton; it has slept through the opening of a newer one */

inline pushq(s) { qs[qn] = s; qn++ }
inline pushd(s, c) { dns[dnn] = s; dnc[dnn] = c; dnn++ }
inline popq(s) { s = qs[0]; qs[0] = (N > 1 -> qs[1] : 0); 
#if N > 2
   qs[1] = qs[2]; qs[2] = 0;
#endif
   qn-- }
inline popd(s, c) { s = dns[0]; c = dnc[0]; dns[0] = dns[1]; dnc[0] = dnc[1]; 
#if N > 2
   dns[1] = dns[2]; dnc[1] = dnc[2]; dns[2] = 0; dnc[2] = 0;
#endif
   dnn-- }

/* the camera driver: fills queued slots in order, two stores a picture; stops some time after it is told to */
active proctype Driver() { byte i;
end: do
  :: d_step { dstop -> i = 0; do :: i < N -> qs[i] = 0; dns[i] = 0; dnc[i] = 0; i++ :: else -> break od; i = 0;
              qn = 0; dnn = 0; dstop = 0; dbusy = 0; filling = 0; fe = 0; fs = 0; fills = 0 }
#ifndef COPY
  :: d_step { !filling && fills > 0 && qn > 0 -> popq(fs); fe = dbusy; fills--; cid++; pa[X(fe,fs)] = cid; filling = 1 }
  :: d_step { filling -> pb[X(fe,fs)] = cid; pushd(fs, cid); filling = 0; fe = 0; fs = 0 }
#endif
  od }

inline undo_gates(e) { d_step {
#ifndef BUG_GATES_NO_UNDO
    i = 0; do :: i < K -> gate[(e-1)*K+i] = 0; i++ :: else -> break od; i = 0;
#endif
    alive[e] = 0 } }

#define claimable(e,s) (pin[X(e,s)] >= P)
inline claim(e, s) { pin[X(e,s)] = pin[X(e,s)] - P; adj[X(e,s)] = 1; own = own | (1<<s) }
#ifdef BUG_PLUS_PLUS
#define ODD(v) ((v) + 1)
#define EVEN(v) ((v) + 1)
#define SEQ0 0
#else
#define ODD(v) ((v) | 1)
#define EVEN(v) (((v) | 1) + 1)
#define SEQ0 1
#endif
/* any claimable slot but the newest published and those it owns by its own books, or none; real code tries the oldest first */
inline pick(e) { t = 0; do
#ifdef BUG_CLAIM_NEWEST
    :: t < N && claimable(e,t) -> break
#elif defined(BUG_NO_OWN)
    :: t < N && claimable(e,t) && t != newest -> break
#else
    :: t < N && claimable(e,t) && t != newest && !(own & (1<<t)) -> break
#endif
    :: t < N -> t++
    :: t == N -> t = NONE; break od }

proctype Writer(byte e) {
  byte n, s, t, c, newest = NONE, w = NONE, q, i, own, sp = NONE, gv = NONE;        /* w: newest, withheld; q: slots queued to be filled; sp: spare */
  { atomic { turn == e && lock == 0 -> lock = e };
    /* remove what is left of older epochs: named by the file, or found under our keys */
#ifdef BUG_UNRECORDED
    if :: atomic { rv != 0 -> removed[rv] = 1 } :: rv == 0 fi;
#else
    d_step { i = 1; do :: i < e -> removed[i] = exists[i]; i++ :: else -> break od; i = 0 };
#endif
    d_step { exists[e] = 1; i = 0;                                       /* the hand is the writer's from the start */
      do :: i < N -> seq[X(e,i)] = SEQ0; if :: i < D -> adj[X(e,i)] = 1; own = own | (1<<i) :: else -> pin[X(e,i)] = P fi; i++
         :: else -> break od; i = 0;
#ifdef BUG_GATES_ALL_CLOSED
      do :: i < K -> gate[(e-1)*K+i] = 1; i++ :: else -> break od; i = 0;
#else
      gate[G(e,1)] = 1;
#ifdef AHEAD
      gate[G(e,2)] = 1;
#endif
#endif
      alive[e] = 1 };
    rv = e;
    d_step { dbusy == 0 -> dbusy = e; fills = MAXF(e); i = 0;            /* EBUSY until the dead writer's driver is closed: retry */
             do :: i < D -> pushq(i); q++; i++ :: else -> break od; i = 0 };
    do
#ifndef COPY
    :: atomic { dnn > 0 -> popd(s, c); q-- };                            /* DQBUF: slot s carries picture c */
       if
       :: atomic { pushq(s); q++; s = 0; c = 0 }; goto next              /* a bad picture: s goes back, still odd */
       :: skip
       fi;
#else
    :: atomic { fills > 0 && q > 0 -> popq(s); q--; fills--; cid++; c = cid };
       pa[X(e,s)] = c; pb[X(e,s)] = c;                                   /* or a driver fills it: see Driver */
#endif
       atomic { if :: sp != NONE && (gv == NONE || gv == s) -> t = sp; sp = NONE  /* its replacement: claimed in time, or now */
                   :: else -> pick(e); if :: t != NONE -> claim(e, t) :: else fi fi };
       if
       :: t == NONE -> t = 0
       :: t != NONE ->
#ifndef BUG_ODD_AFTER_QBUF
          seq[X(e,t)] = ODD(seq[X(e,t)]); d_step { pushq(t); q++; t = 0 }
#else
          d_step { pushq(t); q++ }; d_step { seq[X(e,t)] = ODD(seq[X(e,t)]); t = 0 }
#endif
       fi;
       if
       :: d_step { q + (w != NONE -> 1 : 0) == 0 -> pushq(s); q++; s = 0; c = 0 }; goto next   /* would leave nothing to fill: back, count */
       :: d_step { else -> skip }
       fi;
#ifdef BUG_EVEN_FIRST
       seq[X(e,s)] = EVEN(seq[X(e,s)]);
       d_step { n++; frm[X(e,s)] = n; truth[T(e,n)] = c; c = 0 };
#else
       d_step { n++; frm[X(e,s)] = n; truth[T(e,n)] = c; c = 0 };
       seq[X(e,s)] = EVEN(seq[X(e,s)]);
#endif
#ifdef BUG_NO_WITHHOLD
#define SHRINKS 0
#else
#define SHRINKS (q + (w != NONE -> 1 : 0) < D)                          /* one that was let go ahead counts: the spare is for it */
#endif
#define RELEASE \
       if :: atomic { gv == s -> gv = NONE; own = own & ~(1<<s) }        /* let go before: while it was filled */ \
          :: gv != s && SHRINKS -> t = 1                       /* the hand would shrink: withheld, for peek readers */ \
          :: gv != s && !(SHRINKS) -> atomic { if :: pin[X(e,s)] + P > VMX -> i = 1       /* ERANGE: somebody added what was not theirs */ \
                                 :: else -> pin[X(e,s)] = pin[X(e,s)] + P; adj[X(e,s)] = 0; own = own & ~(1<<s) fi }; \
                     if :: atomic { i == 1 -> i = 0; pin[X(e,s)] = P; adj[X(e,s)] = 0; own = own & ~(1<<s); /* SETVAL P wipes all undo */ \
                              if :: pe[0] == e && ps[0] == s -> pu[0] = 0 :: else fi; \
                              if :: pe[1] == e && ps[1] == s -> pu[1] = 0 :: else fi } \
                        :: i == 0 fi fi
#ifndef BUG_HEAD_BEFORE_UNPIN
       RELEASE;
#endif
       newest = s;
#ifndef BUG_INDEX_AFTER_HEAD
       d_step { itag[IX(e,n)] = n; islot[IX(e,n)] = s };
#endif
#if !defined(BUG_CLOSE_AFTER_HEAD) && !defined(AHEAD)
       gate[G(e,n+1)] = gate[G(e,n+1)] + 1;                             /* close n+1 */
#endif
       d_step { head[e] = n; whs[e] = (t == 1 -> s + 1 : 0) };
#ifdef BUG_INDEX_AFTER_HEAD
       d_step { itag[IX(e,n)] = n; islot[IX(e,n)] = s };
#endif
#ifdef BUG_CLOSE_AFTER_HEAD
       gate[G(e,n+1)] = gate[G(e,n+1)] + 1;
#endif
       d_step { gate[G(e,n)] = gate[G(e,n)] - 1;                        /* open n: the kernel wakes all who sleep on it */
            i = 0; do :: i < 2 -> if :: sleepe[i] == e && gate[G(e,slepton[i])] == 0 -> nsleep[i] = 0; sleepe[i] = 0; slepton[i] = 0
                                     :: sleepe[i] == e && gate[G(e,slepton[i])] != 0 && slepton[i] <= n -> assert(!nsleep[i]); nsleep[i] = 1
#ifdef NO_OVERSLEEP
                                        ; assert(false)
#endif
                                     :: else fi; i++ :: else -> break od; i = 0 };
#ifdef BUG_HEAD_BEFORE_UNPIN
       RELEASE;
#endif
#ifdef AHEAD
       gate[G(e,n+2)] = gate[G(e,n+2)] + 1;                             /* close n+2 */
#endif
       if                                                                /* what was withheld is the newest no more: fill it again */
       :: w != NONE -> seq[X(e,w)] = ODD(seq[X(e,w)]); d_step { pushq(w); q++; w = NONE }
       :: else
       fi;
       d_step { if :: t == 1 -> w = s :: else fi; t = 0; s = 0 };
#ifdef SPARE
       atomic { if :: sp == NONE -> pick(e); if :: t != NONE -> claim(e, t); sp = t :: else fi; t = 0 :: else fi };
#endif
#ifdef SPARE
       /* the slot to be published next is let go ahead, odd as it is, if its replacement is there */
       if
       :: sp != NONE && gv == NONE && q > 0 ->
          atomic { t = 0; do :: t < N && (own & (1<<t)) && t != sp && t != w && adj[X(e,t)] -> break :: t < N -> t++ :: t >= N -> t = NONE; break od;
                   if :: t != NONE -> if :: pin[X(e,t)] + P > VMX -> i = 1 :: else -> pin[X(e,t)] = pin[X(e,t)] + P; adj[X(e,t)] = 0; gv = t fi :: else fi };
          if :: atomic { i == 1 -> i = 0; pin[X(e,t)] = P; adj[X(e,t)] = 0; gv = t;
                   if :: pe[0] == e && ps[0] == t -> pu[0] = 0 :: else fi;
                   if :: pe[1] == e && ps[1] == t -> pu[1] = 0 :: else fi } :: i == 0 fi;
          t = 0
       :: else
       fi;
#endif
       assert(q + (w != NONE -> 1 : 0) >= D && q > 0);
       assert(q + (w != NONE -> 1 : 0) + (sp != NONE -> 1 : 0) - (gv != NONE -> 1 : 0) >= D);  /* the hand never shrinks: nobody can take the camera's sight */
next:  s = 0
#ifndef COPY
    :: atomic { fills == 0 && !filling && dnn == 0 -> break }
#else
    :: atomic { fills == 0 -> break }
#endif
    od; true;
    /* end of the epoch: new geometry or shutdown. Driver first, then remove, then the file */
    d_step { dstop = 1; s = 0; t = 0; c = 0 };
    dbusy == 0;
    removed[e] = 1;                                                      /* IPC_RMID: all sleepers get EIDRM */
    d_step { rv = (e == E -> 0 : rv); alive[e] = 0 };
    d_step { lock = 0; turn = e + 1; n = 0; newest = NONE; w = NONE; q = 0; own = 0; sp = NONE; gv = NONE }
  } unless { wk == e };
  if
  :: atomic { wk == e -> s = 0; c = 0; t = 0; n = 0; newest = NONE; w = NONE; q = 0; i = 0; own = 0; sp = NONE; gv = NONE; turn = e + 1 };
     undo_gates(e);
     if :: lock = (lock == e -> 0 : lock); dstop = (dbusy == e -> 1 : dstop)
        :: dstop = (dbusy == e -> 1 : dstop); lock = (lock == e -> 0 : lock) fi
  :: else
  fi;
  atomic { if :: turn > E && !(KILLW & (1 << (E-1))) -> i = 1; do :: i < E -> assert(!exists[i] || removed[i]); i++ :: else -> i = 0; break od :: else fi }
}

#ifdef HOG
active proctype Hog() {                                   /* pins whatever it can, for ever */
  byte s;
end: do
  :: atomic { rv == 1 && !removed[1] -> s = 0; do :: s < N-1 -> s++ :: break od;
       if :: pin[X(1,s)] > 0 && !((hogged >> s) & 1) -> pin[X(1,s)] = pin[X(1,s)] - 1; hogged = hogged | (1<<s) :: else fi; s = 0 }
  od }
#endif

#if KILLW > 0
active proctype KillWriter() {                            /* kill -9 at any moment, or never */
end: atomic { (KILLW >> (turn-1)) & 1 -> wk = turn }
#if KILLW == 3 || KILLW == 7
end2: atomic { turn > 1 && (KILLW >> (turn-1)) & 1 -> wk = turn }
#endif
}
#endif
#ifdef KILLR
active proctype KillReader() { end: atomic { pe[0] != 0 || KILLR > 1 -> rk = 1 } }
#endif

#if HOSTILE > 0
active proctype Hostile() {
  byte k, e, s;
end: do
  :: atomic { k < HOSTILE && rv != 0 -> e = rv; s = 0; do :: s < N-1 -> s++ :: break od; k++;
       if
       :: pin[X(e,s)] = P; goto wipe                   /* SETVAL P */
       :: pin[X(e,s)] = 0; goto wipe                   /* SETVAL 0 */
       :: pin[X(e,s)] < VMX -> pin[X(e,s)] = pin[X(e,s)] + 1            /* unpin of what it did not pin */
       :: pin[X(e,s)] >= P -> pin[X(e,s)] = pin[X(e,s)] - P             /* -P, never given back */
       fi; goto done;
wipe:  if :: pe[0] == e && ps[0] == s -> pu[0] = 0 :: else fi;
       if :: pe[1] == e && ps[1] == s -> pu[1] = 0 :: else fi;
done:  e = 0; s = 0 }
  od }
#endif

inline unpin(r) {                                          /* EINVAL/EIDRM after removal, ERANGE after tampering: both ignored */
    if :: !removed[pe[r]] && pin[X(pe[r],ps[r])] < VMX -> pin[X(pe[r],ps[r])] = pin[X(pe[r],ps[r])] + 1 :: else fi;
    pe[r] = 0; ps[r] = 0; pu[r] = 0 }
inline clear() { h = 0; n = 0; s = 0; s1 = 0; x = 0; y = 0; ok = 0; told = 0 }
inline leave() { last = e; e = 0; seen = 0; stale = 0; clear() }

proctype Reader(byte r; bit pinned; bit nxt) {
  byte e, last, seen, h, n, s, s1, x, y; bit ok, stale, told;
  { true;
endatt: atomic { rv != 0 && rv != last -> e = rv; stale = !alive[e] };        /* no file, or only the ring we left: wait until the file changes */
    atomic { if :: removed[e] -> leave(); goto endatt :: else fi };
#ifndef BUG_START_OLD
    atomic { if :: !alive[e] -> leave(); goto endatt :: else fi };
    seen = head[e];                                        /* the first frame is one published after we came */
#endif
loop: atomic { h = head[e]; if :: h != seen -> goto choose :: else -> h = 0 fi };
    atomic { if                                            /* semop(gate of seen+1, 0) */
       :: removed[e] -> leave(); goto endatt
       :: !removed[e] && gate[G(e,seen+1)] == 0 -> goto woke
       :: else -> sleepe[r] = e; slepton[r] = seen + 1 fi };
progress_asleep:
    atomic { sleepe[r] == 0 || gate[G(e,seen+1)] == 0 || removed[e] -> sleepe[r] = 0; slepton[r] = 0; nsleep[r] = 0;
       if :: removed[e] -> leave(); goto endatt :: else fi };
woke:
    atomic { h = head[e]; if :: h != seen -> goto choose :: else -> h = 0 fi };
#ifndef BUG_NO_ALIVE
    atomic { if :: alive[e] -> 
#ifndef BUG_CLOSE_AFTER_HEAD
                   h = head[e]; assert(h != seen || gate[G(e,seen+1)] != 0); h = 0;      /* gate open, head unmoved, writer alive: never */
#endif
                   goto loop :: else fi };
    atomic { h = head[e]; if :: h != seen -> goto choose :: else -> leave(); goto endatt fi };   /* the dead writes no more */
#else
    goto loop;
#endif
choose: atomic { if :: nxt -> n = (h - seen > M -> h - M + 1 : seen + 1) :: !nxt -> n = h fi };
try:  atomic { s = islot[IX(e,n)];
#ifndef BUG_NO_TAG
        if :: itag[IX(e,n)] != n -> s = 0; goto miss :: else fi
#endif
      };
    if
    :: pinned ->
         atomic { if :: removed[e] -> leave(); goto endatt
                     :: !removed[e] && pin[X(e,s)] > 0 -> pin[X(e,s)] = pin[X(e,s)] - 1; pe[r] = e; ps[r] = s; pu[r] = 1
                     :: else -> told = (whs[e] == s + 1); s = 0; goto miss fi }
    :: !pinned
    fi;
    atomic { s1 = seq[X(e,s)];
#ifndef BUG_NO_CHECK_AFTER_PIN
      if :: s1 & 1 -> goto undo :: else fi
#endif
    };
#ifndef BUG_NO_FRAME_CHECK
    atomic { if :: frm[X(e,s)] != n -> goto undo :: else fi };
#endif
    x = pa[X(e,s)];
    y = pb[X(e,s)];
    atomic {
#ifdef BUG_NO_RECHECK
      ok = 1;
#else
      ok = (s1 == seq[X(e,s)]);
#endif
#if HOSTILE == 0 && !defined(BUG_NO_CHECK_AFTER_PIN) && !defined(BUG_NO_FRAME_CHECK)
      assert(!pinned || ok);                               /* pinned and checked: it stays ours until we let go */
#endif
      if :: ok -> assert(!stale);                          /* not a frame of a writer dead before we came */
                  assert(x == y && x == truth[T(e,n)]);    /* not torn, not invented */
                  assert(n > seen && n <= head[e])         /* in order, published */
         :: else fi };
undo: if :: pinned -> atomic { unpin(r) } :: !pinned fi;
    atomic { if :: ok -> seen = n; clear(); goto loop :: else fi };
miss: atomic {                                             /* each number is tried at most once */
#if HOSTILE == 0
      assert(told || !(n == h && head[e] == h && alive[e] && wk != e && !removed[e]));   /* the newest is missed only when it no longer is, or withheld */
#endif
      seen = n; s = 0; s1 = 0; x = 0; y = 0; told = 0;
      if :: nxt && n < h -> n++; goto try :: else -> clear(); goto loop fi }
  } unless { rk && r == 0 };
  atomic { if :: pe[r] != 0 && pu[r] && !removed[pe[r]] && pin[X(pe[r],ps[r])] < VMX -> pin[X(pe[r],ps[r])] = pin[X(pe[r],ps[r])] + 1
              :: else fi;
           pe[r] = 0; ps[r] = 0; pu[r] = 0; sleepe[r] = 0; slepton[r] = 0; nsleep[r] = 0 }
}

#define HELD(e,s) ((pe[0]==(e) && ps[0]==(s) -> 1 : 0) + (pe[1]==(e) && ps[1]==(s) -> 1 : 0))
#ifdef HOG
#define HOGGED(e,s) ((e) == 1 && ((hogged >> (s)) & 1) -> 1 : 0)
#else
#define HOGGED(e,s) 0
#endif
#define BADSUM(e,s) (pin[X(e,s)] + HELD(e,s) + HOGGED(e,s) + (adj[X(e,s)] -> P : 0) != P)
#if HOSTILE == 0
active proctype Invariant() {                              /* no lost slot: every unit is with a living holder */
end: atomic { (
       exists[1] && !removed[1] && (BADSUM(1,0) || BADSUM(1,1)
#if N > 2
        || BADSUM(1,2)
#endif
#if N > 3
        || BADSUM(1,3)
#endif
       )) -> assert(false) } }
#endif
init { atomic {
#if R0 > 0
  run Reader(0, (R0 <= 2), (R0 % 2 == 0));
#endif
#if R1 > 0
  run Reader(1, (R1 <= 2), (R1 % 2 == 0));
#endif
  byte e = 1; do :: e <= E -> run Writer(e); e++ :: else -> break od; e = 0 } }
