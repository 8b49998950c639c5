const TABLE = 'crew';

exports.up = async function (knex) {
  await knex.schema.createTable(TABLE, function (table) {
    table.uuid('id').primary();
    table.bigInteger('ship_id').notNullable();
    table.foreign('ship_id').references('ships.id');
  });
  await knex.schema.alterTable('ships', (table) => {
    table.dropColumn('weight');
    table.renameColumn('name', 'title');
    table.string('flag', 2).comment('of its country');
  });
  await knex.raw(`ALTER TABLE ${TABLE} ADD COLUMN role text NOT NULL DEFAULT 'sailor'`);
  await knex.raw(`ALTER TABLE ${process.env.LOG} ADD COLUMN x int`);
};

exports.down = async function (knex) {
  await knex.schema.dropTable(TABLE);
};
