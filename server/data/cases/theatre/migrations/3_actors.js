const async = require('async');
exports.up = function (db, callback) {
  async.series([
    db.createTable.bind(db, 'actors', {
      id: { type: 'int', primaryKey: true, autoIncrement: true },
      name: { type: 'string', length: 60, notNull: true },
      born: 'date',
    }),
    db.addColumn.bind(db, 'actors', 'play_id', {
      type: 'int',
      foreignKey: { name: 'of_play', table: 'Plays', mapping: 'id' },
    }),
    db.runSql.bind(db, 'CREATE VIEW comedies AS SELECT id, title FROM "Plays"'),
  ], callback);
};
exports.down = function (db, callback) {
  db.dropTable('actors', callback);
};
