// SPDX-License-Identifier: Apache-2.0
//
// The tiled matrix product all GEMM-like kernels share: one work-group owns TILE_K x TILE_NPQ sums,
// one work-item THREAD_K x THREAD_NPQ of them, interleaved so that neighbours read neighbours.
//
//                    TILE_NPQ
//                 +-----------+
//        TILE_CRS |  b (local)|
//      +----------+-----------+
//      | a (local)|   sums    | TILE_K        work-items: (TILE_NPQ/THREAD_NPQ) x (TILE_K/THREAD_K)
//      +----------+-----------+
//
// The including file says what the operands are: columnOf(o, n) and productOf(o, crs) describe an
// index once, so that no element pays for a division; loadA and loadB fetch an element from such
// descriptions. Edges are zeros. (Tiling after NVIDIA's CUTLASS and CNugteren's CLBlast.)
//
// With DOT4 the tiles hold bytes, four products in a word; with SUB_GROUP a is not staged at all: see below.

#ifndef TILE_K
#define TILE_K 64  // rows of sums of a work-group: filters
#endif
#ifndef TILE_NPQ
#define TILE_NPQ 64  // columns of sums of a work-group: pixels
#endif
#ifndef TILE_CRS
#define TILE_CRS 16  // products staged in local memory at a time
#endif
#ifndef THREAD_K
#define THREAD_K 4  // rows of sums of a work-item
#endif
#ifndef THREAD_NPQ
#define THREAD_NPQ 4  // columns of sums of a work-item
#endif

#ifndef SUB_GROUP
#define SUB_GROUP 0  // 1: a's elements travel from lane to lane of a sub-group, not through local memory
#endif
#if A_ROWS_FIRST
// Lanes fetch neighbours along the sum, which here lie far apart.
#undef SUB_GROUP
#define SUB_GROUP 0
#endif

#define ITEMS_K (TILE_K / THREAD_K)
#define ITEMS_NPQ (TILE_NPQ / THREAD_NPQ)
#define ITEMS (ITEMS_K * ITEMS_NPQ)
#define PITCH_K (TILE_K + 1)  // a's rows are written across; the extra column spreads the banks

#if TILE_K % THREAD_K != 0 || TILE_NPQ % THREAD_NPQ != 0
#error "THREAD_K must divide TILE_K, and THREAD_NPQ must divide TILE_NPQ"
#endif
#if ITEMS % TILE_NPQ != 0 || ITEMS % TILE_CRS != 0
#error "TILE_NPQ and TILE_CRS must divide the number of work-items"
#endif

#if SUB_GROUP && (ITEMS_NPQ & (ITEMS_NPQ - 1)) != 0
#error "a sub-group needs a power of two of work-items along the columns"
#endif

#if SUB_GROUP && defined(cl_intel_subgroups)
#pragma OPENCL EXTENSION cl_intel_subgroups : enable
#define SHUFFLE(v, lane) intel_sub_group_shuffle(v, lane)
#elif SUB_GROUP && defined(cl_khr_subgroup_shuffle)
#pragma OPENCL EXTENSION cl_khr_subgroup_shuffle : enable
#define SHUFFLE(v, lane) sub_group_shuffle(v, lane)
#endif

// A work-item's place in the tile, x along the columns and y along the rows. Which items form a sub-group is the
// driver's choice, so that where it matters the place follows from the sub-group, not the other way round.
#ifdef SHUFFLE
#define LANES (int)get_max_sub_group_size()
#define ITEM (int)(get_sub_group_id() * get_max_sub_group_size() + get_sub_group_local_id())
#define ITEM_X (ITEM % ITEMS_NPQ)
#define ITEM_Y (ITEM / ITEMS_NPQ)
#else
#define LANES 8  // of the sub-groups that are spelled out below
#define ITEM_X (int)get_local_id(0)
#define ITEM_Y (int)get_local_id(1)
#define ITEM (ITEM_Y * ITEMS_NPQ + ITEM_X)
#endif

#ifdef DOT4
// Where the device multiplies four bytes at once. loadA and loadB give bytes as they lie (-128..127), and
// offsetA(o, row) and OFFSET_B what makes them the values meant; a product beyond the end is -offsetA. With
// those, sum (a + oa)(b + ob) = sum ab + ob sum a + oa sum b + n oa ob.
#if TILE_CRS % 4 != 0
#error "4 must divide TILE_CRS"
#endif

#ifdef __opencl_c_integer_dot_product_input_4x8bit_packed
#define DOT(a, b) dot_4x8packed_ss_int(a, b)
#else
inline int dotOf(int4 a, int4 b) { return a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }
#define DOT(a, b) dotOf(convert_int4(as_char4(a)), convert_int4(as_char4(b)))
#endif

typedef struct {
  uint a[TILE_CRS / 4 * PITCH_K];
  uint b[TILE_CRS / 4 * TILE_NPQ];
  int4 column[TILE_NPQ];
  int4 product[TILE_CRS];
  int productA[TILE_CRS];
} Tiles;

inline void gemmTile(const Operands* o, int row0, int rows, int column0, int begin, int end, local Tiles* t,
                     ACC_T sums[THREAD_K][THREAD_NPQ]) {
  int x = ITEM_X, y = ITEM_Y, item = ITEM;
  int rowSums[THREAD_K], columnSums[THREAD_NPQ];
  for (int i = 0; i < THREAD_K; i++) rowSums[i] = 0;
  for (int j = 0; j < THREAD_NPQ; j++) columnSums[j] = 0;
  for (int i = 0; i < THREAD_K; i++)
    for (int j = 0; j < THREAD_NPQ; j++) sums[i][j] = 0;
  for (int i = item; i < TILE_NPQ; i += ITEMS) t->column[i] = columnOf(o, column0 + i);
  int products = 0;
  for (int crs0 = begin; crs0 < end; crs0 += TILE_CRS, products += TILE_CRS) {
    for (int i = item; i < TILE_CRS; i += ITEMS) t->product[i] = productOf(o, crs0 + i, end, &t->productA[i]);
    // Descriptions are complete before any item loads by them.
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = item; i < TILE_CRS / 4 * TILE_K; i += ITEMS) {
      int quad = i % (TILE_CRS / 4), row = i / (TILE_CRS / 4);
      uint word = 0;
      for (int b = 0; row0 + row < rows && b < 4; b++) {
        int crs = 4 * quad + b;
        bool in = t->product[crs].x != NOWHERE;
        int byte_ = in ? loadA(o, row0 + row, t->productA[crs]) : -offsetA(o, row0 + row);
        word |= (uint)(byte_ & 0xff) << 8 * b;
      }
      t->a[quad * PITCH_K + row] = word;
    }
    for (int i = item; i < TILE_CRS / 4 * TILE_NPQ; i += ITEMS) {
      int quad = i / TILE_NPQ, column = i % TILE_NPQ;
      int4 c = t->column[column];
      uint word = 0;
      for (int b = 0; c.x != NOWHERE && b < 4; b++) {
        int4 p = t->product[4 * quad + b];
        if (p.x != NOWHERE) word |= (uint)(loadB(o, c, p) & 0xff) << 8 * b;
      }
      t->b[i] = word;
    }
    // Both tiles are complete before any item reads them.
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int quad = 0; quad < TILE_CRS / 4; quad++) {
      uint b[THREAD_NPQ];
      for (int j = 0; j < THREAD_NPQ; j++) {
        b[j] = t->b[quad * TILE_NPQ + x + j * ITEMS_NPQ];
        columnSums[j] += DOT(b[j], 0x01010101u);
      }
      for (int i = 0; i < THREAD_K; i++) {
        uint a = t->a[quad * PITCH_K + y + i * ITEMS_K];
        rowSums[i] += DOT(a, 0x01010101u);
        for (int j = 0; j < THREAD_NPQ; j++) sums[i][j] += DOT(a, b[j]);
      }
    }
    // Every item has read the tiles and descriptions before any item overwrites them.
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  int offsetB = OFFSET_B(o);
  for (int i = 0; i < THREAD_K; i++) {
    int row = row0 + y + i * ITEMS_K;
    int offset = row < rows ? offsetA(o, row) : 0;
    for (int j = 0; j < THREAD_NPQ; j++)
      sums[i][j] += offsetB * rowSums[i] + offset * columnSums[j] + products * offset * offsetB;
  }
}
#else
#if SUB_GROUP
// The lanes of a sub-group that share rows take turns: each fetches another product's elements of those rows, and
// hands them round. OFFER puts an element up, TAKE is the one that a lane put up.
#ifdef SHUFFLE
#define OFFER(i, v) offered[i] = v
#define TAKE(i, lane) SHUFFLE(offered[i], lane)
#define HANDED_OVER
#else
#define OFFER(i, v) t->offered[i][item] = v
#define TAKE(i, lane) t->offered[i][item / LANES * LANES + (lane)]
#define HANDED_OVER barrier(CLK_LOCAL_MEM_FENCE)
#endif
#endif

typedef struct {
#if !SUB_GROUP
  ACC_T a[TILE_CRS * PITCH_K];
#elif !defined(SHUFFLE)
  ACC_T offered[THREAD_K][ITEMS];
#endif
  ACC_T b[TILE_CRS * TILE_NPQ];
  int4 column[TILE_NPQ];
  int4 product[2][TILE_CRS];
  int productA[2][TILE_CRS];
} Tiles;

// sums = a[row0.., crs] * b[crs, column0..] over crs in [begin, end).
inline void gemmTile(const Operands* o, int row0, int rows, int column0, int begin, int end, local Tiles* t,
                     ACC_T sums[THREAD_K][THREAD_NPQ]) {
  int x = ITEM_X, y = ITEM_Y, item = ITEM;
  for (int i = 0; i < THREAD_K; i++)
    for (int j = 0; j < THREAD_NPQ; j++) sums[i][j] = 0;
  for (int i = item; i < TILE_NPQ; i += ITEMS) t->column[i] = columnOf(o, column0 + i);
  for (int i = item; i < TILE_CRS; i += ITEMS) t->product[0][i] = productOf(o, begin + i, end, &t->productA[0][i]);
  // Descriptions are complete before any item loads by them.
  barrier(CLK_LOCAL_MEM_FENCE);
  int stage = 0;
#if SUB_GROUP
  int width = min(LANES, ITEMS_NPQ), lane = item % LANES;
#endif
  for (int crs0 = begin; crs0 < end; crs0 += TILE_CRS) {
#if !SUB_GROUP
    for (int i = item; i < TILE_CRS * TILE_K; i += ITEMS) {
      int crs = A_ROWS_FIRST ? i / TILE_K : i % TILE_CRS;
      int row = A_ROWS_FIRST ? i % TILE_K : i / TILE_CRS;
      bool in = row0 + row < rows && t->product[stage][crs].x != NOWHERE;
      t->a[crs * PITCH_K + row] = in ? loadA(o, row0 + row, t->productA[stage][crs]) : 0;
    }
#endif
    for (int i = item; i < TILE_CRS * TILE_NPQ; i += ITEMS) {
      int crs = B_COLUMNS_FIRST ? i / TILE_NPQ : i % TILE_CRS;
      int column = B_COLUMNS_FIRST ? i % TILE_NPQ : i / TILE_CRS;
      int4 c = t->column[column];
      int4 p = t->product[stage][crs];
      t->b[crs * TILE_NPQ + column] = c.x == NOWHERE || p.x == NOWHERE ? 0 : loadB(o, c, p);
    }
    stage ^= 1;
    for (int i = item; i < TILE_CRS; i += ITEMS)
      t->product[stage][i] = productOf(o, crs0 + TILE_CRS + i, end, &t->productA[stage][i]);
    // Both tiles are complete before any item reads them, and so are the next descriptions.
    barrier(CLK_LOCAL_MEM_FENCE);
#if SUB_GROUP
    for (int part = 0; part < TILE_CRS; part += width) {
#ifdef SHUFFLE
      ACC_T offered[THREAD_K];
#endif
      int own = part + lane % width;
      for (int i = 0; i < THREAD_K; i++) {
        int row = row0 + y + i * ITEMS_K;
        bool in = own < TILE_CRS && row < rows && t->product[stage ^ 1][own].x != NOWHERE;
        OFFER(i, in ? loadA(o, row, t->productA[stage ^ 1][own]) : 0);
      }
      HANDED_OVER;  // Everything is put up before any item takes it.
      for (int crs = part; crs < min(part + width, TILE_CRS); crs++) {
        ACC_T b[THREAD_NPQ];
        for (int j = 0; j < THREAD_NPQ; j++) b[j] = t->b[crs * TILE_NPQ + x + j * ITEMS_NPQ];
        for (int i = 0; i < THREAD_K; i++) {
          ACC_T a = TAKE(i, lane / width * width + crs - part);
          for (int j = 0; j < THREAD_NPQ; j++) sums[i][j] = MULTIPLY_ADD(a, b[j], sums[i][j]);
        }
      }
      HANDED_OVER;  // Every item has taken before any item puts up the next.
    }
#else
    for (int crs = 0; crs < TILE_CRS; crs++) {
      ACC_T b[THREAD_NPQ];
      for (int j = 0; j < THREAD_NPQ; j++) b[j] = t->b[crs * TILE_NPQ + x + j * ITEMS_NPQ];
      for (int i = 0; i < THREAD_K; i++) {
        ACC_T a = t->a[crs * PITCH_K + y + i * ITEMS_K];
        for (int j = 0; j < THREAD_NPQ; j++) sums[i][j] = MULTIPLY_ADD(a, b[j], sums[i][j]);
      }
    }
#endif
    // Every item has read the tiles before any item overwrites them.
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}
#endif
