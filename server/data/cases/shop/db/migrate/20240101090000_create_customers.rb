class CreateCustomers < ActiveRecord::Migration[7.1]
  def change
    create_table :customers do |t|
      t.string :mail, null: false
      t.string :full_name
      t.integer :points, default: 0, null: false
      t.timestamps
    end
    add_index :customers, :mail, unique: true
  end
end
