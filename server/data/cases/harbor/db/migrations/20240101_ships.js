exports.up = (knex) =>
  knex.schema
    .createTable('ports', (t) => {
      t.increments('id');
      t.string('name', 80).notNullable().unique();
    })
    .createTable('ships', (t) => {
      t.bigIncrements();
      t.string('name').notNullable();
      t.enu('state', ['docked', 'at sea']).defaultTo('docked');
      t.decimal('weight', 10, 2);
      t.integer('port_id').references('id').inTable('ports').onDelete('set null');
      t.timestamps(true, true);
      t.index(['state', 'name']);
    });

exports.down = (knex) => knex.schema.dropTable('ships').dropTable('ports');
