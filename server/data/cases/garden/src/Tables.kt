package garden

import org.jetbrains.exposed.dao.id.IntIdTable
import org.jetbrains.exposed.sql.ReferenceOption
import org.jetbrains.exposed.sql.Table

object Beds : IntIdTable("beds") {
    val name = varchar("name", 40).uniqueIndex()
    val area = decimal("area", 8, 2).nullable()
}

object PlantTable : Table() {
    val code: Column<String> = varchar("code", 8)
    val bed = reference("bed_id", Beds, onDelete = ReferenceOption.CASCADE)
    val likesSun = bool("likes_sun").default(true)
    val sownBy = integer("sown_by").references(Gardeners.id).nullable()

    override val primaryKey = PrimaryKey(code)

    init {
        index(false, bed, likesSun)
    }
}

object Gardeners : IntIdTable(name = "gardeners") {
    val mail = text("mail")
    val extra = custom("extra")
}
