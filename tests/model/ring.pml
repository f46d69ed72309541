/* framering: the ring protocol. Gates, pins, sequence words, driver, epochs; deaths at any step.
 *
 * The steps are those of common/ring/ring_writer.c and ring_reader.c, in their order; the semaphores' are sysv.c's.
 * One atomic block is one access to shared memory or one system call, plus what the process then works out for itself.
 * Memory is sequentially consistent here; what a weaker processor may do is argued at each access in the code, and tried by
 * tests/sim. When the writer dies its undo (gates, alive) is one atomic step, before the driver stops
 * (kernel/exit.c: exit_sem, later exit_files), and the lock may be free before or after that.
 *
 * Where the code chooses (the slot published longest ago, the one taken first) the model may choose any, and it may overlook
 * a slot that it could claim, as somebody's short pin makes the code do. The writer may take, publish and discard in any order.
 *
 *   N slots, D of them in the writer's hand, COPY: the writer fills a slot itself, else a driver does, K gates, M index
 *   entries, E epochs, FILLS captures in epoch 1, FILLS2 in each later one
 *   SPARE      as with 4 slots beside the hand, or more: a replacement is claimed and a slot let go ahead of a publish
 *   NOPINS     the ring has no pins
 *   R0 R1      reader kinds: 0 none, 1 pinned latest, 2 pinned next, 3 peek latest, 4 peek next
 *   HOG        a reader pins what it can get, at any moment, and never lets go
 *   KILLW      bit mask of the epochs whose writer may be killed (at any step, or never); KILLR: reader 0 may be
 *   HOSTILE    so many SETVAL / stray +1 / stolen -P by a member of the group, at any moment; STRAY: +1 on unpinned slots alone
 *   PATIENCE   so often may the writer take back a slot that somebody keeps while it has no other: at once, or after any time
 *   BUG_*      mutations: each must be found (check.sh)
 */
#ifndef N
#define N 3
#endif
#ifndef D
#define D 2
#endif
#ifndef K
#define K 3
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
#ifndef PATIENCE
#define PATIENCE 0
#endif
#define P 3                                              /* FR_PIN_MAX */
#ifdef BUG_P_SMALL
#define VMX 6                                            /* a stray +1 can lift a value above P */
#else
#define VMX P                                            /* SEMVMX: no value can exceed it */
#endif
#define NONE 7
#define X(e,s) (((e)-1)*N+(s))
#define G(e,n) (((e)-1)*K+((n)%K))
#define IX(e,n) (((e)-1)*M+((n)%M))
#define T(e,n) (((e)-1)*(FILLS+2)+(n))
#define MAXF(e) ((e)==1 -> FILLS : FILLS2)

byte pin[E*N], seq[E*N], frm[E*N], pa[E*N], pb[E*N];     /* semaphore, sequence word, frame number, two words of pixels */
bit  adj[E*N];                                            /* ghost: the writer holds -P (its books; no SEM_UNDO) */
byte whs[E+1];                                            /* ghost: slots that are published and withheld, a bit each */
byte itag[E*M], islot[E*M];                               /* index: one 64-bit word (frame, slot) in reality */
byte head[E+1], gate[E*K];
bit  alive[E+1], removed[E+1], exists[E+1];
byte truth[E*(FILLS+2)];                                  /* ghost: what the camera gave for frame n */
byte rv, lock, turn = 1, wk;                              /* rendezvous: epoch named, 0 no file; lock: owner, 0 free; wk: epoch whose writer is killed */
bit  rk;
byte pe[2], ps[2]; bit pu[2];                             /* pin of reader r: epoch (0 none), slot; its undo entry still there */
#ifdef BUG_UNPIN_NO_UNDO
byte lue[2], lus[2];
#endif
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

/* -1 on each gate and on alive; none goes below 0 */
inline undo_gates(e) { d_step {
#ifndef BUG_GATES_NO_UNDO
    i = 0; do :: i < K -> gate[(e-1)*K+i] = (gate[(e-1)*K+i] > 0 -> gate[(e-1)*K+i] - 1 : 0); i++ :: else -> break od; i = 0;
#endif
#ifndef BUG_ALIVE_NO_UNDO
    alive[e] = 0
#endif
    } }

/* the writer's books of a slot */
#define FREE 0
#define TO_FILL 1
#define TAKEN 2
#define WITHHELD 3
#define SPARED 4

#ifdef BUG_PLUS_PLUS
#define ODD(v) ((v) + 1)
#define EVEN(v) ((v) + 1)
#else
#define ODD(v) ((v) | 1)
#define EVEN(v) (((v) | 1) + 1)
#endif
inline make_odd(x) { seq[X(e,x)] = ODD(seq[X(e,x)]) }
inline enqueue(x) { wq[wqn] = x; wqn++; st[x] = TO_FILL }
inline dequeue(x) { x = wq[0]; wq[0] = wq[1]; wq[1] = (N > 2 -> wq[2] : 0);
#if N > 2
    wq[2] = (N > 3 -> wq[3] : 0);
#endif
#if N > 3
    wq[3] = 0;
#endif
    wqn--; st[x] = TAKEN }

#if defined(NOPINS) || defined(BUG_NO_CLAIM)
#define has_pins 0
#define claimable(e,s) 1
#define claim(e,s) adj[X(e,s)] = 1
#define give(e,s) adj[X(e,s)] = 0
#else
#define has_pins 1
#define claimable(e,s) (pin[X(e,s)] >= P)
#define claim(e,s) pin[X(e,s)] = pin[X(e,s)] - P; adj[X(e,s)] = 1
#define give(e,s) pin[X(e,s)] = pin[X(e,s)] + P; adj[X(e,s)] = 0
#endif
#ifdef BUG_CLAIM_NEWEST
#define candidate(t) (st[t] == FREE)
#elif defined(BUG_NO_OWN)
#define candidate(t) (t != newest)
#else
#define candidate(t) (t != newest && st[t] == FREE)
#endif
/* t: a free slot, now claimed, or NONE */
inline claim_one() {
#ifndef BUG_CLAIM_WAITS
    t = 0; do :: t < N && candidate(t) && claimable(e,t) -> break :: t < N -> t++ :: t == N -> t = NONE; break od;
    if :: t != NONE -> claim(e,t) :: else fi
#else
    t = 0; do :: t < N && candidate(t) -> break :: t < N -> t++ :: t == N -> t = NONE; break od;
    if :: t != NONE && claimable(e,t) -> claim(e,t) :: t == NONE fi
#endif
}
/* +P. Where that is refused somebody has added what was not his: SETVAL P, which wipes all undo */
inline let_go(x) {
    atomic { if :: pin[X(e,x)] + P > VMX && has_pins -> i = 1 :: else -> give(e,x) fi };
    if
    :: i == 1 -> d_step { i = 0; adj[X(e,x)] = 0;
#ifndef BUG_NO_MEND
         pin[X(e,x)] = P;
         if :: pe[0] == e && ps[0] == x -> pu[0] = 0 :: else fi;
         if :: pe[1] == e && ps[1] == x -> pu[1] = 0 :: else fi;
#endif
         assert(pin[X(e,x)] == P) }                                      /* or it would be lost: it could never be claimed again */
    :: i == 0
    fi }
#if PATIENCE > 0
/* All are refused: one is taken from whoever has it, by SETVAL P, which wipes all undo, and then claimed, or a reader is
 * quicker. Who had it goes on reading, and lets go of what it has no more. */
inline take_back() {
    if
    :: t == NONE && patience > 0 ->
       atomic { patience--; t = 0; do :: t < N && candidate(t) -> break :: t < N -> t++ :: t == N -> t = NONE; break od;
          if
          :: t != NONE -> pin[X(e,t)] = P; hogged = hogged & ~(1<<t);
             if :: pe[0] == e && ps[0] == t -> pu[0] = 0 :: else fi;
             if :: pe[1] == e && ps[1] == t -> pu[1] = 0 :: else fi
          :: else
          fi };
       atomic { if :: t != NONE && claimable(e,t) -> claim(e,t) :: else -> t = NONE fi }
    :: true
    fi }
#endif
/* the replacement for a slot that leaves the hand: t, or NONE */
inline replace_one() {
    atomic { if :: gv == NONE && sp != NONE -> t = sp; sp = NONE :: else -> claim_one() fi };
#if PATIENCE > 0
    take_back();
#endif
    fill_again(t) }
inline fill_again(x) {
    if
    :: x != NONE ->
#ifndef BUG_ODD_AFTER_QBUF
       make_odd(x); d_step { enqueue(x) }
#else
       d_step { pushq(x); st[x] = TAKEN }; make_odd(x)
#endif
    :: else
    fi }
#ifndef BUG_NO_CLOSE
#define close_gate_ahead() \
    if :: gopen -> atomic { gate[G(e,n+2)] = gate[G(e,n+2)] + 1; gopen = 0 } :: else fi
#else
#define close_gate_ahead() skip
#endif
#if defined(BUG_CLOSE_AFTER_HEAD)
#define close_first skip
#elif defined(BUG_CLOSE_TWICE)
#define close_first if :: n > 0 -> atomic { gate[G(e,n+2)] = gate[G(e,n+2)] + 1; gopen = 0 } :: else fi
#else
#define close_first close_gate_ahead()
#endif
#define give_first(x) if :: !given && !withheld -> let_go(x) :: else fi
#define put_index d_step { itag[IX(e,n+1)] = n + 1; islot[IX(e,n+1)] = s }
/* open n: the kernel wakes all who sleep on it. Nobody sleeps through two frames */
inline open_gate(n) {
    d_step { gate[G(e,n)] = gate[G(e,n)] - 1;
       assert(gate[G(e,n)] == 0);
       i = 0; do :: i < 2 -> if :: sleepe[i] == e && gate[G(e,slepton[i])] == 0 -> nsleep[i] = 0; sleepe[i] = 0; slepton[i] = 0
                                :: sleepe[i] == e && gate[G(e,slepton[i])] != 0 && slepton[i] <= n -> assert(!nsleep[i]); nsleep[i] = 1
                                :: else fi; i++ :: else -> break od; i = 0 } }

/* at rest: the hand is whole, something is there to be filled, and what the writer has of the semaphores is what his books say */
inline check_books() {
    d_step { i = 0; t = 0; q = 0;
       do :: i < N -> t = t + (st[i] == TO_FILL || st[i] == TAKEN || st[i] == WITHHELD -> 1 : 0);
                      q = q + (st[i] == TO_FILL || st[i] == TAKEN -> 1 : 0);
                      assert(adj[X(e,i)] == (st[i] != FREE && i != gv));
                      assert((st[i] == SPARED) == (i == sp) && (st[i] == WITHHELD) == (i == w)); i++
          :: else -> break od;
       assert(t == D);                                                   /* nobody can take the camera's sight */
       assert(q > 0);
       i = 0; t = 0; q = 0 } }

inline forget() { n = 0; s = 0; t = 0; c = 0; newest = NONE; w = NONE; sp = NONE; gv = NONE; gopen = 0; withheld = 0; given = 0; wqn = 0;
    i = 0; do :: i < N -> st[i] = 0; wq[i] = 0; i++ :: else -> break od; i = 0; q = 0 }
#ifdef COPY
#define CANTAKE (fills > 0)
#else
#define CANTAKE 1
#endif

proctype Writer(byte e) {
  byte n, s, t, c, i, q, newest = NONE, w = NONE, sp = NONE, gv = NONE;     /* w: withheld; sp: spare; gv: let go ahead */
  byte st[N], wq[N], wqn;
  bit gopen, withheld, given;
#if PATIENCE > 0
  byte patience = PATIENCE;
#endif
  { atomic { turn == e && lock == 0 -> lock = e };
    /* remove what is left of older epochs: named by the file, or found under our keys */
#ifdef BUG_UNRECORDED
    if :: atomic { rv != 0 -> removed[rv] = 1 } :: rv == 0 fi;
#else
    d_step { i = 1; do :: i < e -> removed[i] = exists[i]; i++ :: else -> break od; i = 0 };
#endif
#ifdef BUG_FILE_FIRST
    rv = e;
#endif
    d_step { exists[e] = 1; i = 0;                                       /* the hand is the writer's from the start */
      do :: i < N -> seq[X(e,i)] = 1;
                     if :: i < D -> adj[X(e,i)] = 1; enqueue(i)
#ifdef BUG_HAND_FREE
                           ; pin[X(e,i)] = P
#endif
                        :: else -> pin[X(e,i)] = P fi; i++
         :: else -> break od; i = 0;
#ifdef BUG_GATES_ALL_CLOSED
      do :: i < K -> gate[(e-1)*K+i] = 1; i++ :: else -> break od; i = 0;
#else
      gate[G(e,1)] = 1;
#ifndef BUG_GATE_2_OPEN
      gate[G(e,2)] = 1;
#endif
#endif
#ifndef BUG_ALIVE_LATE
      alive[e] = 1
#endif
      };
#ifndef BUG_FILE_FIRST
    rv = e;
#endif
#ifdef BUG_ALIVE_LATE
    alive[e] = 1;
#endif
    d_step { dbusy == 0 -> dbusy = e; fills = MAXF(e) };                 /* EBUSY until the dead writer's driver is closed: retry */
more: do
    /* ---- take */
    :: wqn > 0 && CANTAKE ->
       d_step { dequeue(s) };
#ifndef BUG_CLOSE_AFTER_HEAD
       close_gate_ahead();
#endif
#ifdef SPARE
#ifdef BUG_SPARE_TWICE
       atomic { claim_one(); sp = (t != NONE -> t : sp) };
#else
       atomic { if :: sp == NONE -> claim_one(); sp = t :: else fi };
#endif
       d_step { if :: sp != NONE -> st[sp] = SPARED :: else fi; t = 0 };
       if
#ifdef BUG_GIVE_UNCOVERED
       :: gv == NONE ->
#elif defined(BUG_GIVE_TWO)
       :: sp != NONE ->
#else
       :: sp != NONE && gv == NONE ->
#endif
          atomic { t = 0; do :: t < N && st[t] == TAKEN && adj[X(e,t)] -> break :: t < N -> t++ :: t == N -> t = NONE; break od };
          if :: t != NONE -> let_go(t); gv = t :: else fi;
          t = 0
       :: else
       fi;
#endif
#ifndef COPY
       d_step { pushq(s); s = 0 };                                       /* QBUF */
       check_books()
#else
       check_books();
       d_step { fills--; cid++; c = cid };
       pa[X(e,s)] = c; pb[X(e,s)] = c;
       if :: goto publish :: goto discard fi
#endif
    /* ---- a slot is filled */
#ifndef COPY
    :: atomic { dnn > 0 -> popd(s, c) };                                 /* DQBUF: slot s carries picture c */
       if :: goto publish :: goto discard fi                             /* as it pleases: a bad picture goes back, still odd */
#endif
#ifndef COPY
    :: atomic { fills == 0 && !filling && dnn == 0 -> break }
#else
    :: atomic { fills == 0 -> break }
#endif
    od;
    goto finish;

discard: true; d_step { enqueue(s); s = 0; c = 0 };
    goto again;

publish:
    close_first;
    given = (gv == s);
    if :: !given -> replace_one(); withheld = (t == NONE); t = 0 :: else fi;
#ifdef BUG_EVEN_FIRST
    seq[X(e,s)] = EVEN(seq[X(e,s)]);
    d_step { frm[X(e,s)] = n + 1; truth[T(e,n+1)] = c; c = 0 };
#else
    d_step { frm[X(e,s)] = n + 1; truth[T(e,n+1)] = c; c = 0 };          /* the descriptor */
    seq[X(e,s)] = EVEN(seq[X(e,s)]);
#endif
    d_step { if :: withheld -> st[s] = WITHHELD; whs[e] = whs[e] | (1<<s)
#ifdef BUG_NO_WITHHOLD
                   ; st[s] = FREE; whs[e] = 0; withheld = 0
#endif
                :: else -> st[s] = FREE fi };
#ifdef BUG_GIVE_TWICE
    given = 0;
#endif
#ifndef BUG_HEAD_BEFORE_UNPIN
    give_first(s);
#endif
#ifndef BUG_INDEX_AFTER_HEAD
    put_index;
#endif
#ifdef BUG_OPEN_BEFORE_HEAD
    open_gate(n+1);
#endif
    head[e] = n + 1;
#ifdef BUG_INDEX_AFTER_HEAD
    put_index;
#endif
#ifdef BUG_CLOSE_AFTER_HEAD
    close_gate_ahead();
#endif
    d_step { n++; newest = s };
#ifndef BUG_OPEN_BEFORE_HEAD
    open_gate(n);
#endif
    gopen = 1;
#ifdef BUG_HEAD_BEFORE_UNPIN
    give_first(s);
#endif
    if
    :: gv == s -> gv = NONE; replace_one(); t = 0                        /* with the spare, which is always to be had */
    :: else
    fi;
    if                                                                    /* what was withheld is the newest no more: to be filled again */
    :: w != NONE ->
#ifndef BUG_WITHHELD_EVEN
       make_odd(w);
#endif
       d_step { whs[e] = whs[e] & ~(1<<w);
#ifndef BUG_NO_REFILL
          enqueue(w)
#endif
          }
    :: else
    fi;
    d_step { w = (withheld -> s : NONE); withheld = 0; given = 0; s = 0 };
again: true;
    check_books();
    goto more;

finish: true;
    /* end of the epoch: new geometry or shutdown. Driver first, then remove, then the file */
    d_step { dstop = 1; s = 0; t = 0; c = 0 };
    dbusy == 0;
#ifndef BUG_NO_RMID
    removed[e] = 1;                                                      /* IPC_RMID: all sleepers get EIDRM */
    alive[e] = 0;
#endif
    rv = (e == E -> 0 : rv);
    d_step { lock = 0; turn = e + 1; forget() }
  } unless { wk == e };
  if
  :: atomic { wk == e -> forget(); turn = e + 1 };
     undo_gates(e);
     if :: lock = (lock == e -> 0 : lock); dstop = (dbusy == e -> 1 : dstop)
        :: dstop = (dbusy == e -> 1 : dstop); lock = (lock == e -> 0 : lock) fi
  :: else
  fi;
  atomic { if :: turn > E && !(KILLW & (1 << (E-1))) -> i = 1; do :: i < E -> assert(!exists[i] || removed[i]); i++ :: else -> i = 0; break od :: else fi }
}

#ifdef HOG
#define hog(s) atomic { rv == 1 && !removed[1] && pin[X(1,s)] > 0 && !((hogged >> s) & 1) -> pin[X(1,s)] = pin[X(1,s)] - 1; hogged = hogged | (1<<s) }
active proctype Hog() {                                   /* pins whatever it can, for ever */
end: do
  :: hog(0)
  :: hog(1)
  :: hog(2)
#if N > 3
  :: hog(3)
#endif
#if N > 4
  :: hog(4)
#endif
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
#ifdef STRAY
       :: pin[X(e,s)] >= P && pin[X(e,s)] < VMX -> pin[X(e,s)] = pin[X(e,s)] + 1
       :: else                                         /* ERANGE */
       fi; goto done;
#else
       :: pin[X(e,s)] = P; goto wipe                   /* SETVAL P */
       :: pin[X(e,s)] = 0; goto wipe                   /* SETVAL 0 */
       :: pin[X(e,s)] < VMX -> pin[X(e,s)] = pin[X(e,s)] + 1            /* unpin of what it did not pin */
       :: pin[X(e,s)] >= P -> pin[X(e,s)] = pin[X(e,s)] - P             /* -P, never given back */
       fi; goto done;
#endif
wipe:  if :: pe[0] == e && ps[0] == s -> pu[0] = 0 :: else fi;
       if :: pe[1] == e && ps[1] == s -> pu[1] = 0 :: else fi;
done:  e = 0; s = 0 }
  od }
#endif

inline wipe_pin(r) { pe[r] = 0; ps[r] = 0; pu[r] = 0 }
inline unpin(r) {                                          /* EINVAL/EIDRM after removal, ERANGE after tampering: both ignored */
    if :: !removed[pe[r]] && pin[X(pe[r],ps[r])] < VMX -> pin[X(pe[r],ps[r])] = pin[X(pe[r],ps[r])] + 1 :: else fi;
#ifdef BUG_UNPIN_NO_UNDO
    lue[r] = pe[r]; lus[r] = ps[r];                        /* the undo of the pin stays */
#endif
    wipe_pin(r) }
/* the kernel gives back what a killed reader held */
inline undo_pin(r) {
    if :: pe[r] != 0 && pu[r] && !removed[pe[r]] && pin[X(pe[r],ps[r])] < VMX -> pin[X(pe[r],ps[r])] = pin[X(pe[r],ps[r])] + 1 :: else fi;
#ifdef BUG_UNPIN_NO_UNDO
    if :: lue[r] != 0 && !removed[lue[r]] && pin[X(lue[r],lus[r])] < VMX -> pin[X(lue[r],lus[r])] = pin[X(lue[r],lus[r])] + 1 :: else fi;
    lue[r] = 0; lus[r] = 0;
#endif
    wipe_pin(r) }
inline clear() { h = 0; n = 0; s = 0; s1 = 0; x = 0; y = 0; ok = 0; told = 0 }
inline leave() { last = e; e = 0; seen = 0; came = 0; stale = 0; clear() }

proctype Reader(byte r; bit pinned; bit nxt) {
  byte e, last, seen, came, h, n, s, s1, x, y; bit ok, stale, told;
  { true;
#ifdef BUG_REENTER
endatt: atomic { rv != 0 -> e = rv; stale = (wk == e && !alive[e]) };
#else
endatt: atomic { rv != 0 && rv != last -> e = rv; stale = (wk == e && !alive[e]) };        /* no file, or only the ring we left: wait until the file changes */
#endif
    atomic { if :: removed[e] -> leave(); goto endatt :: else fi };
    atomic { if :: !alive[e] -> assert(removed[e] || wk == e);               /* a ring that is named and not removed has a writer, or had */
                   leave(); goto endatt :: else fi };
    atomic { came = head[e];                               /* the first frame is one published after we came */
#ifndef BUG_START_OLD
      seen = came
#endif
    };
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
                   h = head[e]; assert(h != seen || gate[G(e,seen+1)] != 0); h = 0;      /* gate open, head unmoved, writer alive: never */
                   goto loop
                :: else fi };
#ifdef BUG_NO_LAST_LOOK
    atomic { assert(removed[e] || head[e] == seen); leave(); goto endatt };
#endif
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
         atomic {
#ifdef BUG_PIN_WAITS
            removed[e] || pin[X(e,s)] > 0;
#endif
            if :: removed[e] -> leave(); goto endatt
               :: !removed[e] && pin[X(e,s)] > 0 -> pin[X(e,s)] = pin[X(e,s)] - 1; pe[r] = e; ps[r] = s;
#ifndef BUG_PIN_NO_UNDO
                     pu[r] = 1
#endif
               :: else -> told = (whs[e] >> s) & 1; s = 0; goto miss fi }
    :: !pinned
    fi;
    atomic { s1 = seq[X(e,s)];
#ifndef BUG_NO_CHECK_AFTER_PIN
      if :: s1 & 1 -> goto undo :: else fi
#endif
    };
    h = h + 64 * (frm[X(e,s)] == n);                       /* the descriptor's copy, which is used only if it is whole and of frame n */
    atomic {
#ifndef BUG_NO_DESCRIPTOR_CHECK
      if :: s1 != seq[X(e,s)] -> h = h % 64; goto undo :: else fi;
#endif
#ifdef BUG_NO_FRAME_CHECK
      h = h % 64
#else
      if :: h < 64 -> goto undo :: else -> h = h % 64 fi
#endif
    };
    x = pa[X(e,s)];
    y = pb[X(e,s)];
    atomic {
#ifdef BUG_NO_RECHECK
      ok = 1;
#else
      ok = (s1 == seq[X(e,s)]);
#endif
#if (HOSTILE == 0 || defined(STRAY)) && PATIENCE == 0 && !defined(BUG_NO_CHECK_AFTER_PIN) && !defined(BUG_NO_FRAME_CHECK)
      assert(!pinned || ok);                               /* pinned and checked: it stays ours until we let go */
#endif
      if :: ok -> assert(!stale);                          /* not a frame of a writer dead before we came */
                  assert(x == y && x == truth[T(e,n)]);    /* not torn, not invented */
                  assert(n > came && n > seen && n <= head[e])   /* in order, published, and after we came */
         :: else fi };
undo: if
#ifdef BUG_NO_UNPIN
    :: atomic { pinned && !ok -> wipe_pin(r) }
    :: atomic { pinned && ok -> unpin(r) }
#else
    :: pinned -> atomic { unpin(r) }
#endif
    :: !pinned
    fi;
    atomic { if :: ok -> seen = n; clear(); goto loop :: else fi };
miss: atomic {                                             /* each number is tried at most once */
#if HOSTILE == 0
      assert(told || !(n == h && head[e] == h && alive[e] && wk != e && !removed[e]));   /* the newest is missed only when it no longer is, or withheld */
#endif
#ifndef BUG_RETRY
      seen = n;
#endif
      s = 0; s1 = 0; x = 0; y = 0; told = 0;
      if :: nxt && n < h -> n++; goto try :: else -> clear(); goto loop fi }
  } unless { rk && r == 0 };
  atomic { undo_pin(r); sleepe[r] = 0; slepton[r] = 0; nsleep[r] = 0 }
}

#define HELD(e,s) ((pe[0]==(e) && ps[0]==(s) -> 1 : 0) + (pe[1]==(e) && ps[1]==(s) -> 1 : 0))
#ifdef HOG
#define HOGGED(e,s) ((e) == 1 && ((hogged >> (s)) & 1) -> 1 : 0)
#else
#define HOGGED(e,s) 0
#endif
#define BADSUM(e,s) (pin[X(e,s)] + HELD(e,s) + HOGGED(e,s) + (adj[X(e,s)] -> P : 0) != P)
#if HOSTILE == 0 && PATIENCE == 0 && !defined(NOPINS) && !defined(BUG_NO_CLAIM)
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
