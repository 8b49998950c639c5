'use strict';
module.exports = {
  up: async (queryInterface, Sequelize) => {
    await queryInterface.createTable('Plays', {
      id: { type: Sequelize.INTEGER, allowNull: false, primaryKey: true, autoIncrement: true },
      title: { type: Sequelize.STRING(120), allowNull: false },
      kind: { type: Sequelize.ENUM('comedy', 'tragedy') },
      tags: Sequelize.ARRAY(Sequelize.STRING),
    });
    await queryInterface.addIndex('Plays', ['title'], { unique: true });
  },
  down: (queryInterface) => queryInterface.dropTable('Plays'),
};
