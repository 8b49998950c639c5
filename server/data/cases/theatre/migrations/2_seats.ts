import { MigrationInterface, QueryRunner, Table, TableColumn } from 'typeorm';

export class Seats2 implements MigrationInterface {
  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.createTable(
      new Table({
        name: 'seats',
        columns: [
          { name: 'id', type: 'int', isPrimary: true, isGenerated: true },
          { name: 'row', type: 'varchar', length: '2' },
          { name: 'playId', type: 'int', isNullable: true },
        ],
        foreignKeys: [
          { columnNames: ['playId'], referencedTableName: 'Plays', referencedColumnNames: ['id'] },
        ],
      }),
    );
    await queryRunner.addColumn('seats', new TableColumn({ name: 'price', type: 'numeric' }));
    await queryRunner.query("ALTER TABLE \"seats\" ADD \"sold\" boolean NOT NULL DEFAULT false");
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('seats');
  }
}
