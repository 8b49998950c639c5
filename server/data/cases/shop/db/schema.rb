# This file is auto-generated from the current state of the database.
ActiveRecord::Schema[7.1].define(version: 2024_03_01_090000) do
  enable_extension "plpgsql"

  create_table "customers", force: :cascade do |t|
    t.string "mail", null: false, comment: "where the invoice goes"
    t.string "name", limit: 80
    t.integer "points", default: 0, null: false
    t.datetime "created_at", null: false
    t.datetime "updated_at", null: false
    t.index ["mail"], name: "index_customers_on_mail", unique: true
  end

  create_table "orders", id: :uuid, default: -> { "gen_random_uuid()" }, force: :cascade do |t|
    t.bigint "customer_id", null: false
    t.decimal "total", precision: 12, scale: 2, default: "0.0", null: false
    t.jsonb "lines", default: [], null: false
    t.date "due"
    t.index ["customer_id", "due"], name: "index_orders"
  end

  add_foreign_key "orders", "customers", on_delete: :cascade
end
