class CreateOrders < ActiveRecord::Migration[7.1]
  def up
    rename_column :customers, :full_name, :name
    create_table :orders, id: :uuid do |t|
      t.references :customer, null: false, foreign_key: { on_delete: :cascade }, index: false
      t.decimal :total, precision: 12, scale: 2, default: 0, null: false
      t.jsonb :lines, default: [], null: false
      t.date :due
    end
  end

  def down
    drop_table :orders
  end
end
