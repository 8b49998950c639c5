class CreateBreads < ActiveRecord::Migration[7.1]
  def up
    create_table :breads do |t|
      t.string :name, null: false
    end
    execute <<~SQL
      CREATE TABLE ovens (
        id integer PRIMARY KEY,
        heat integer NOT NULL -- in degrees
      );
      ALTER TABLE breads ADD COLUMN weight numeric(6, 2);
    SQL
    execute "ALTER TABLE breads ADD COLUMN oven_id integer REFERENCES ovens (id)"
  end

  def down
    execute "DROP TABLE ovens"
    drop_table :breads
  end
end
