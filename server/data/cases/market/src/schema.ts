import { index, integer, pgEnum, pgTable, primaryKey, serial, text, timestamp, varchar } from 'drizzle-orm/pg-core';

const timestamps = {
  createdAt: timestamp('created_at').defaultNow().notNull(),
};

export const stateEnum = pgEnum('state', ['open', 'closed']);

export const stalls = pgTable('stalls', {
  id: serial('id').primaryKey(),
  name: varchar('name', { length: 60 }).notNull().unique(),
  state: stateEnum('state').default('open'),
  ...timestamps,
});

export const goods = pgTable(
  'goods',
  {
    id: serial().primaryKey(),
    stallId: integer('stall_id')
      .notNull()
      .references(() => stalls.id, { onDelete: 'cascade' }),
    label: text({ enum: ['fresh', 'dried'] }),
    price: money('price'),
  },
  (t) => [index('by_label').on(t.label, t.stallId)],
);

export const visits = pgTable('visits', {
  stallId: integer('stall_id').references(() => stalls.id),
  day: text('day'),
}, (t) => ({ pk: primaryKey({ columns: [t.stallId, t.day] }) }));
